/* SPDX-License-Identifier: GPL-2.0-only */
#define _POSIX_C_SOURCE 200809L /* fork, waitpid */
#include "figure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "csv.h"
#include "text.h"

#define DRAFT ".figure-draft"

/* A string of gnuplot in single quotes: only the quote itself is special. */
static void assign(FILE *out, const char *name, const char *value) {
  fprintf(out, "%s = '", name);
  for (; *value; value++) {
    if (*value == '\'') fputc('\'', out);
    fputc(*value == '\n' || *value == '\r' ? ' ' : *value, out);
  }
  fputs("'\n", out);
}

static int write_script(const char *folder, const char *template_path, const char *title, const char *subtitle, char *why,
                        size_t why_size) {
  FILE *in = fopen(template_path, "r");
  if (!in) {
    snprintf(why, why_size, "%s: %s", template_path, strerror(errno));
    return -1;
  }
  struct bac_new_file file;
  if (bac_new_file_open(&file, folder, "figure.gp", why, why_size) != 0) {
    fclose(in);
    return -1;
  }
  assign(file.stream, "figure_title", title);
  assign(file.stream, "figure_subtitle", subtitle);
  char bytes[4096];
  size_t got;
  while ((got = fread(bytes, 1, sizeof bytes, in)) > 0) fwrite(bytes, 1, got, file.stream);
  fclose(in);
  return bac_new_file_commit(&file, why, why_size);
}

/* What gnuplot says goes into `said`, cut to its size. 0 if gnuplot ended well. */
static int run_gnuplot(const char *folder, char *said, size_t said_size) {
  int pipe_fds[2];
  if (pipe(pipe_fds) != 0) return -1;
  pid_t pid = fork();
  if (pid == 0) {
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) {
      dup2(null, STDIN_FILENO);
      dup2(null, STDOUT_FILENO);
    }
    dup2(pipe_fds[1], STDERR_FILENO);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    if (chdir(folder) == 0) execlp("gnuplot", "gnuplot", "-d", "-e", "prefix='" DRAFT "'", "figure.gp", (char *)NULL);
    _exit(errno == ENOENT ? 127 : 126);
  }
  close(pipe_fds[1]);
  size_t length = 0;
  for (;;) {
    char bytes[512];
    ssize_t got = read(pipe_fds[0], bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    for (ssize_t i = 0; i < got && length + 1 < said_size; i++) said[length++] = bytes[i] == '\n' ? ' ' : bytes[i];
  }
  said[length] = '\0';
  close(pipe_fds[0]);
  int status = -1;
  while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  if (pid < 0) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* gnuplot does not notice a full disk: a whole picture has its format's end mark in the last 16 bytes. */
static int check_whole(const char *path, const char *mark) {
  FILE *in = fopen(path, "rb");
  if (!in) return errno;
  char end[17] = "";
  size_t got = fseek(in, -16, SEEK_END) == 0 ? fread(end, 1, 16, in) : 0;
  fclose(in);
  for (size_t i = 0; i + strlen(mark) <= got; i++) {
    if (memcmp(end + i, mark, strlen(mark)) == 0) return 0;
  }
  return ENOSPC;
}

/* 0, or an errno. */
static int take(const char *folder, const char *extension, const char *mark) {
  struct bac_text from = {0}, to = {0};
  bac_text_printf(&from, "%s/" DRAFT ".%s", folder, extension);
  bac_text_printf(&to, "%s/figure.%s", folder, extension);
  int result = check_whole(from.data, mark);
  if (result == 0 && rename(from.data, to.data) != 0) result = errno;
  if (result != 0) unlink(from.data);
  bac_text_free(&from);
  bac_text_free(&to);
  return result;
}

static void remove_draft(const char *folder, const char *extension) {
  struct bac_text path = {0};
  bac_text_printf(&path, "%s/" DRAFT ".%s", folder, extension);
  unlink(path.data);
  bac_text_free(&path);
}

int bac_figure_draw(const char *folder, const char *template_path, const char *title, const char *subtitle, char *why,
                    size_t why_size) {
  if (write_script(folder, template_path, title, subtitle, why, why_size) != 0) return -1;
  char said[400];
  int status = run_gnuplot(folder, said, sizeof said);
  if (status == 127) snprintf(why, why_size, "gnuplot is not installed (Debian package gnuplot-nox)");
  else if (status != 0) snprintf(why, why_size, "gnuplot failed: %s", said);
  if (status != 0) {
    remove_draft(folder, "png");
    remove_draft(folder, "pdf");
    return -1;
  }
  int png = take(folder, "png", "IEND"), pdf = take(folder, "pdf", "%%EOF");
  if (png == 0 && pdf == 0) return 0;
  snprintf(why, why_size, "gnuplot left no whole picture: %s", strerror(png != 0 ? png : pdf));
  return -1;
}
