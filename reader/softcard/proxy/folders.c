/*
 * The folders of a desk as module.c draws them: which readers there are, what lies in
 * them, tries left, PINs, what the holder types. No PKCS#11 call is made here.
 */
#include "desk.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

char root[PATH_MAX / 2];
char readers[READERS][65];
int nreaders;

static int read_file(const char *path, char *to, int size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC), n;
    if (fd < 0) return -1;
    n = read(fd, to, size);
    close(fd);
    return n;
}

/* Written under another name first, so that nobody sees half of it, and with a time of
 * its own (replaced says why). */
static int replace_file(const char *path, const char *text, int len) {
    char temp[PATH_MAX];
    struct timespec times[2];
    snprintf(temp, sizeof temp, "%s/cards/replacing.%d", root, getpid());
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return 0;
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[1] = times[0];
    int ok = write(fd, text, len) == len && futimens(fd, times) == 0;
    return close(fd) == 0 && ok && rename(temp, path) == 0;
}

/* ---- readers and what lies in them ---- */

static void card_path(char *path, int reader) { snprintf(path, PATH_MAX, "%s/readers/%s/card", root, readers[reader]); }

/* Whether a file is another than when it was last read; whoever replaces one gives it a
 * time of its own, since file systems count no finer than a few milliseconds. */
int replaced(const char *path, struct print *p) {
    struct stat now;
    struct print fresh = {0};
    if (stat(path, &now) == 0) fresh = (struct print){now.st_ino, now.st_size, now.st_mtim};
    int other = memcmp(&fresh, p, sizeof fresh) != 0;
    *p = fresh;
    return other;
}

struct content look(int reader) {
    static struct { struct content content; struct print print; } known[READERS];
    struct content *c = &known[reader].content;
    char path[PATH_MAX];
    card_path(path, reader);
    if (!replaced(path, &known[reader].print)) return *c;
    memset(c, 0, sizeof *c);
    c->len = read_file(path, c->bytes, sizeof c->bytes);
    if (c->len < 0) c->len = 0;
    return *c;
}

int same(struct content a, struct content b) { return a.len == b.len && !memcmp(a.bytes, b.bytes, a.len); }

/* Which card a reader's content names. */
int card_of(struct content c) {
    int n = 0;
    if (c.len == 0) return NO_CARD;
    while (n < c.len && c.bytes[n] != '\n') n++;
    for (int i = 0; i < ncards; i++)
        if ((int)strlen(cards[i].label) == n && !memcmp(cards[i].label, c.bytes, n)) return i;
    return STRANGER;
}

int plugged(int reader) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/readers/%s", root, readers[reader]);
    return access(path, F_OK) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

/* New reader folders get the next slot ids; known ones keep theirs. */
void find_readers(void) {
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

/* The number makes each insertion a new one, also of the same card. */
void put_card(int reader, const char *name) {
    char path[PATH_MAX], text[64];
    struct timespec now;
    card_path(path, reader);
    if (!name) {
        unlink(path);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    int n = snprintf(text, sizeof text, "%.32s\n%lx%lx\n", name, (long)now.tv_sec, now.tv_nsec);
    replace_file(path, text, n);
}

void plug(const char *reader, int in) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/readers/%s", root, reader);
    if (in) {
        mkdir(path, 0700);
        return;
    }
    char card[PATH_MAX + 8];
    snprintf(card, sizeof card, "%s/card", path);
    unlink(card);
    rmdir(path);
}

/* ---- a card ---- */

static void chip_path(char *path, int card, const char *what) {
    snprintf(path, PATH_MAX, "%s/cards/%s.%s", root, cards[card].label, what);
}

int card_is(int card, const char *what, char *to, int size) {
    char path[PATH_MAX];
    chip_path(path, card, what);
    int n = read_file(path, to, size);
    while (n > 0 && to[n - 1] == '\n') n--;
    return n;
}

int tries_left(int card) {
    char digit;
    if (card_is(card, "tries", &digit, 1) != 1 || digit < '0' || digit > '0' + TRIES) return TRIES;
    return digit - '0';
}

static int set_tries(int card, int n) {
    char path[PATH_MAX], text[3] = {'0' + n, '\n'};
    chip_path(path, card, "tries");
    return replace_file(path, text, 2);
}

/* As on the card, a try is spent before the PIN is compared and given back when it was right. */
CK_RV verify(int card, const CK_BYTE *pin, CK_ULONG len) {
    char is[PIN + 2];
    int left = tries_left(card), n;
    if (left == 0) return CKR_PIN_LOCKED;
    if ((n = card_is(card, "pin", is, sizeof is)) < 4 || !set_tries(card, left - 1)) return CKR_GENERAL_ERROR;
    int right = len == (CK_ULONG)n && !memcmp(pin, is, n);
    explicit_bzero(is, sizeof is);
    if (right) return set_tries(card, TRIES) ? CKR_OK : CKR_GENERAL_ERROR;
    return left == 1 ? CKR_PIN_LOCKED : CKR_PIN_INCORRECT;
}

/* ---- what is told from outside ---- */

static int visible(const struct dirent *d) { return d->d_name[0] != '.'; }

int next_typed(char *to, int size) {
    char folder[PATH_MAX - 256], path[PATH_MAX];
    struct dirent **list;
    int answer = -1;
    snprintf(folder, sizeof folder, "%s/typed", root);
    int n = scandir(folder, &list, visible, by_name);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
        if (answer < 0) answer = read_file(path, to, size);
        if (answer >= 0 && unlink(path) != 0) answer = -1; /* another process was faster */
        free(list[i]);
        if (answer < 0) continue;
        while (++i < n) free(list[i]);
    }
    if (n >= 0) free(list);
    return answer;
}

int mark_fired(const char *name) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/fired/%s", root, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
    return fd >= 0;
}
