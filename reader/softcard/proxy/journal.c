/*
 * What happened, for tests to read: DESK/journal has a line for every signature,
 * DESK/events one for every C_Login and every window or keypad. One write a line, so
 * that lines stay whole. No PIN is ever written, only how long it was.
 */
#include "desk.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* "at":"…" by this machine's clock, to the millisecond. */
static int stamp(char *to) {
    struct timespec now;
    struct tm utc;
    char when[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
    return sprintf(to, "{\"at\":\"%s.%03ldZ\"", when, now.tv_nsec / 1000000);
}

static int append(const char *name, const char *line, int n) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", root, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int ok = fd >= 0 && write(fd, line, n) == n;
    if (fd >= 0) close(fd);
    return ok;
}

/* {"at":…,"card":…,"label":…,"mechanism":…,"data":hex} */
int journal_signature(int card, const char *key, CK_MECHANISM_TYPE mechanism, const CK_BYTE *data, CK_ULONG len) {
    static const char hex[] = "0123456789abcdef";
    char *line = malloc(256 + 2 * len);
    if (!line) return 0;
    int n = stamp(line);
    n += sprintf(line + n, ",\"card\":\"%s\",\"label\":\"%s\",\"mechanism\":%lu,\"data\":\"", cards[card].label, key, mechanism);
    for (CK_ULONG i = 0; i < len; i++) {
        line[n++] = hex[data[i] >> 4];
        line[n++] = hex[data[i] & 15];
    }
    n += sprintf(line + n, "\"}\n");
    int ok = append("journal", line, n);
    free(line);
    return ok;
}

/* {"at":…,"kind":…,"card":…,"user":…,"length":…,"code":…,"read":…}; kind: "login" for
 * C_Login, "typed" for a PIN that came by a window; read: it was compared with the card's */
void journal_pin(const char *kind, int card, CK_USER_TYPE user, CK_ULONG length, CK_RV rv, int read) {
    char line[256];
    int n = stamp(line);
    n += sprintf(line + n, ",\"kind\":\"%s\",\"card\":\"%s\",\"user\":%lu,\"length\":%lu,\"code\":%lu,\"read\":%s}\n",
                 kind, cards[card].label, user, length, rv, read ? "true" : "false");
    append("events", line, n);
}

/* {"at":…,"kind":"window" or "keypad","card":…,"label":…} */
void journal_prompt(int card, const char *where, const char *key) {
    char line[256];
    int n = stamp(line);
    n += sprintf(line + n, ",\"kind\":\"%s\",\"card\":\"%s\",\"label\":\"%s\"}\n", where, cards[card].label, key);
    append("events", line, n);
}
