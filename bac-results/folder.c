/* SPDX-License-Identifier: GPL-2.0-only */
#define _DEFAULT_SOURCE /* flock, mkstemp */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

struct list {
  char **items;
  size_t count;
};

struct bac_folder {
  char *path;
  int lock_fd;
  struct list made, tracked; /* folders from the outside in; files */
};

static void push(struct list *list, const char *item) {
  list->items = bac_results_realloc(list->items, list->count + 1, sizeof *list->items);
  list->items[list->count++] = bac_results_strdup(item);
}

static void forget(struct list *list) {
  for (size_t i = 0; i < list->count; i++) free(list->items[i]);
  free(list->items);
  *list = (struct list){0};
}

int bac_folder_make(struct bac_folder *folder, const char *path, char *why, size_t why_size) {
  char *part = bac_results_strdup(path);
  int result = 0;
  for (char *slash = part; result == 0 && slash;) {
    slash = strchr(slash + 1, '/');
    if (slash) *slash = '\0';
    struct stat info;
    if (mkdir(part, 0777) == 0) push(&folder->made, part);
    else if (stat(part, &info) != 0) result = -1;
    else if (!S_ISDIR(info.st_mode)) {
      errno = ENOTDIR;
      result = -1;
    }
    if (result != 0) snprintf(why, why_size, "%s: %s", part, strerror(errno));
    if (slash) *slash = '/';
  }
  free(part);
  return result;
}

static int check_writable(const char *path, char *why, size_t why_size) {
  struct bac_text name = {0};
  bac_text_printf(&name, "%s/.bac-XXXXXX", path);
  int fd = mkstemp(name.data);
  if (fd < 0) snprintf(why, why_size, "%s: %s", path, strerror(errno));
  if (fd >= 0) {
    close(fd);
    unlink(name.data);
  }
  bac_text_free(&name);
  return fd >= 0 ? 0 : -1;
}

static bool one_of(const char *name, const char *const *names) {
  while (*names && strcmp(*names, name) != 0) names++;
  return *names != NULL;
}

static int check_ours(const char *path, const char *mark, const char *const *ours, char *why, size_t why_size) {
  DIR *folder = opendir(path);
  if (!folder) {
    snprintf(why, why_size, "%s: %s", path, strerror(errno));
    return -1;
  }
  char other[64] = "";
  bool marked = false;
  for (struct dirent *entry; (entry = readdir(folder));) {
    const char *name = entry->d_name;
    if (strcmp(name, mark) == 0) marked = true;
    else if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !one_of(name, ours)) snprintf(other, sizeof other, "%.60s", name);
  }
  closedir(folder);
  if (marked || !*other) return 0;
  snprintf(why, why_size, "%s holds other files (\"%s\", for one) and no results: name another or an empty folder", path, other);
  return -1;
}

static int lock(struct bac_folder *folder, char *why, size_t why_size) {
  folder->lock_fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder->lock_fd < 0 || flock(folder->lock_fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return 0;
  snprintf(why, why_size, "%s is in use by another bac-compare: wait for it or name another folder", folder->path);
  return -1;
}

struct bac_folder *bac_folder_open(const char *path, const char *mark, const char *const *ours, char *why,
                                   size_t why_size) {
  struct bac_folder *folder = bac_results_realloc(NULL, 1, sizeof *folder);
  *folder = (struct bac_folder){.path = bac_results_strdup(path), .lock_fd = -1};
  if (bac_folder_make(folder, path, why, why_size) == 0 && check_ours(path, mark, ours, why, why_size) == 0 &&
      check_writable(path, why, why_size) == 0 && lock(folder, why, why_size) == 0) {
    return folder;
  }
  bac_folder_undo(folder);
  bac_folder_close(folder);
  return NULL;
}

void bac_folder_track(struct bac_folder *folder, const char *path) { push(&folder->tracked, path); }

void bac_folder_undo(struct bac_folder *folder) {
  for (size_t i = 0; i < folder->tracked.count; i++) unlink(folder->tracked.items[i]);
  for (size_t i = folder->made.count; i > 0; i--) rmdir(folder->made.items[i - 1]);
  forget(&folder->tracked);
  forget(&folder->made);
}

int bac_folder_put_aside(struct bac_folder *folder, const char *into, const char *const *names, char *why,
                         size_t why_size) {
  struct bac_text from = {0}, to = {0};
  bac_text_printf(&to, "%s/%s", folder->path, into);
  int result = 0;
  if (mkdir(to.data, 0777) != 0 && errno != EEXIST) result = -1;
  for (size_t i = 0; names[i] && result == 0; i++) {
    bac_text_clear(&from);
    bac_text_clear(&to);
    bac_text_printf(&from, "%s/%s", folder->path, names[i]);
    bac_text_printf(&to, "%s/%s/%s", folder->path, into, names[i]);
    unlink(to.data); /* the older one never stands beside newer ones */
    if (rename(from.data, to.data) != 0 && errno != ENOENT) result = -1;
  }
  if (result != 0) snprintf(why, why_size, "%s: %s", to.data, strerror(errno));
  bac_text_free(&from);
  bac_text_free(&to);
  return result;
}

void bac_folder_close(struct bac_folder *folder) {
  if (!folder) return;
  if (folder->lock_fd >= 0) close(folder->lock_fd);
  forget(&folder->made);
  forget(&folder->tracked);
  free(folder->path);
  free(folder);
}
