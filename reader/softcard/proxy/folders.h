/*
 * The folders of a desk, as proxy.c draws them: which readers there are, what lies in
 * them, tries left, the journal. No PKCS#11 call is made here.
 */
#ifndef FOLDERS_H
#define FOLDERS_H

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { READERS = 16, CARDS = 128, LABEL = 32, TRIES = 3, NO_CARD = -1, STRANGER = -2 };

/* What lies in a reader: the bytes of its card file; none when empty. */
struct content { char bytes[64]; int len; };

static char root[PATH_MAX / 2]; /* the desk */
static char readers[READERS][65]; /* slot id = index; never reused */
static int nreaders;
static struct { char label[LABEL + 1]; CK_SLOT_ID slot; } cards[CARDS];
static int ncards;

static int read_file(const char *path, char *to, int size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC), n;
    if (fd < 0) return -1;
    n = read(fd, to, size);
    close(fd);
    return n;
}

static struct content look(int reader) {
    struct content c;
    char path[PATH_MAX];
    memset(&c, 0, sizeof c);
    snprintf(path, sizeof path, "%s/readers/%s/card", root, readers[reader]);
    c.len = read_file(path, c.bytes, sizeof c.bytes);
    if (c.len < 0) c.len = 0;
    return c;
}

static int same(struct content a, struct content b) { return a.len == b.len && !memcmp(a.bytes, b.bytes, a.len); }

/* Which card a reader's content names. */
static int card_of(struct content c) {
    int n = 0;
    if (c.len == 0) return NO_CARD;
    while (n < c.len && c.bytes[n] != '\n') n++;
    for (int i = 0; i < ncards; i++)
        if ((int)strlen(cards[i].label) == n && !memcmp(cards[i].label, c.bytes, n)) return i;
    return STRANGER;
}

static int plugged(int reader) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/readers/%s", root, readers[reader]);
    return access(path, F_OK) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

/* New reader folders get the next slot ids; known ones keep theirs. */
static void find_readers(void) {
    char path[PATH_MAX];
    struct dirent **list;
    snprintf(path, sizeof path, "%s/readers", root);
    int n = scandir(path, &list, NULL, by_name), known;
    for (int i = 0; i < n; i++) {
        known = list[i]->d_name[0] == '.' || strlen(list[i]->d_name) > 64;
        for (int r = 0; r < nreaders && !known; r++) known = !strcmp(readers[r], list[i]->d_name);
        if (!known && nreaders < READERS) strcpy(readers[nreaders++], list[i]->d_name);
        free(list[i]);
    }
    if (n >= 0) free(list);
}

static void tries_path(char *path, int card) { snprintf(path, PATH_MAX, "%s/cards/%s.tries", root, cards[card].label); }

static int tries_left(int card) {
    char path[PATH_MAX], digit;
    tries_path(path, card);
    if (read_file(path, &digit, 1) != 1 || digit < '0' || digit > '0' + TRIES) return TRIES;
    return digit - '0';
}

static int set_tries(int card, int n) {
    char path[PATH_MAX], text[3] = {'0' + n, '\n'};
    tries_path(path, card);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return 0;
    int ok = write(fd, text, 2) == 2;
    return close(fd) == 0 && ok;
}

/* Append one line: {"at":…,"card":…,"label":…,"mechanism":…,"data":hex}. One write, so lines stay whole. */
static int write_journal(int card, const char *key, CK_MECHANISM_TYPE mechanism, const CK_BYTE *data, CK_ULONG len) {
    static const char hex[] = "0123456789abcdef";
    char path[PATH_MAX], when[32], *line = malloc(256 + 2 * len);
    struct timespec now;
    struct tm utc;
    if (!line) return 0;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
    int n = sprintf(line, "{\"at\":\"%s.%03ldZ\",\"card\":\"%s\",\"label\":\"%s\",\"mechanism\":%lu,\"data\":\"", when,
                    now.tv_nsec / 1000000, cards[card].label, key, mechanism);
    for (CK_ULONG i = 0; i < len; i++) {
        line[n++] = hex[data[i] >> 4];
        line[n++] = hex[data[i] & 15];
    }
    n += sprintf(line + n, "\"}\n");
    snprintf(path, sizeof path, "%s/journal", root);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int ok = fd >= 0 && write(fd, line, n) == n;
    if (fd >= 0) close(fd);
    free(line);
    return ok;
}

#endif
