/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE /* dl_iterate_phdr */
#include "fingerprint.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define START 0xcbf29ce484222325u

static uint64_t mix(uint64_t hash, const unsigned char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) hash = (hash ^ bytes[i]) * 0x100000001b3u;
  return hash;
}

uint64_t bac_fingerprint_text(const char *text) { return mix(START, (const unsigned char *)text, strlen(text)); }

int bac_fingerprint_file(const char *path, uint64_t *out) {
  FILE *in = fopen(path, "rb");
  if (!in) return -1;
  unsigned char bytes[16384];
  size_t got;
  *out = START;
  while ((got = fread(bytes, 1, sizeof bytes, in)) > 0) *out = mix(*out, bytes, got);
  int result = ferror(in) ? -1 : 0;
  fclose(in);
  return result;
}

/* Notes: a header, the name and the description, each padded to 4 bytes. */
static bool mix_build_id(uint64_t *hash, const unsigned char *at, size_t left) {
  ElfW(Nhdr) note;
  while (left >= sizeof note) {
    memcpy(&note, at, sizeof note);
    size_t name = (note.n_namesz + 3u) & ~(size_t)3, description = (note.n_descsz + 3u) & ~(size_t)3;
    if (left - sizeof note < name || left - sizeof note - name < description) return false;
    const unsigned char *id = at + sizeof note + name;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(at + sizeof note, "GNU", 4) == 0) {
      *hash = mix(*hash, id, note.n_descsz);
      return true;
    }
    at += sizeof note + name + description;
    left -= sizeof note + name + description;
  }
  return false;
}

static int mix_object(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  uint64_t *hash = context;
  const char *slash = strrchr(info->dlpi_name, '/'), *name = slash ? slash + 1 : info->dlpi_name;
  bool program = *name == '\0';
  if (!program && !strstr(name, "bac") && !strstr(name, "ns3")) return 0;
  for (size_t i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    if (header->p_type != PT_NOTE) continue;
    if (mix_build_id(hash, (const unsigned char *)(info->dlpi_addr + header->p_vaddr), header->p_memsz)) return 0;
  }
  uint64_t bytes = 0;
  if (bac_fingerprint_file(program ? "/proc/self/exe" : info->dlpi_name, &bytes) != 0) return 0;
  unsigned char text[17];
  snprintf((char *)text, sizeof text, "%016llx", (unsigned long long)bytes);
  *hash = mix(*hash, text, 16);
  return 0;
}

uint64_t bac_fingerprint_program(void) {
  uint64_t hash = START;
  dl_iterate_phdr(mix_object, &hash);
  return hash;
}
