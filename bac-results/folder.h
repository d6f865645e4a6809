/* SPDX-License-Identifier: GPL-2.0-only */
/* The folder of one comparison: made when needed, locked, and undone when nothing came of it. */
#ifndef BAC_RESULTS_FOLDER_H
#define BAC_RESULTS_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bac_folder;

/* Makes the folder and what is missing above it, checks that files can be made in it, and locks it until it is closed.
 * ours: names that may be in it, ended by NULL; with other entries and without `mark` it is somebody else's.
 * NULL with a line in `why`, and nothing is left behind. */
struct bac_folder *bac_folder_open(const char *path, const char *mark, const char *const *ours, char *why,
                                   size_t why_size);
/* Makes a folder (and those above) that bac_folder_undo removes if empty. 0, or -1 with a line in `why`. */
int bac_folder_make(struct bac_folder *folder, const char *path, char *why, size_t why_size);
/* A file that bac_folder_undo removes. */
void bac_folder_track(struct bac_folder *folder, const char *path);
/* Removes tracked files, and folders that were made if they are empty. */
void bac_folder_undo(struct bac_folder *folder);
/* Moves files of the folder into its subfolder `into`; what that held under these names is lost. Files that are not there are
 * skipped. 0, or -1 with a line in `why`. */
int bac_folder_put_aside(struct bac_folder *folder, const char *into, const char *const *names, char *why,
                         size_t why_size);
void bac_folder_close(struct bac_folder *folder); /* NULL is ignored */

#ifdef __cplusplus
}
#endif

#endif
