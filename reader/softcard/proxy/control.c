/*
 * DESK/control: how the module shall behave. One setting a line, a name, a space, a
 * value; no file: as SoftHSM2 does. The file is read at each call and always replaced
 * as a whole. A line that is not understood makes every call fail, so that a misspelt
 * test does not pass.
 */
#include "desk.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct control control;

/* Copies a text setting; 0 when it is too long. */
static int text(char *to, size_t size, const char *value) {
    if (strlen(value) >= size) return 0;
    strcpy(to, value);
    return 1;
}

/* Numbers a word by its place in a list, -1 when it is not there. */
static int word(int *to, const char *value, const char *const *list) {
    for (*to = 0; list[*to]; ++*to)
        if (!strcmp(value, list[*to])) return 1;
    return 0;
}

static const char *const yes[] = {"no", "yes", NULL};
static const char *const data[] = {"shown", "asked", "none", NULL};
static const char *const tries[] = {"told", "final", "untold", NULL};
static const char *const signature[] = {"works", "refused", "fails", NULL};
static const char *const words[] = {"plain", "belgium", "opensc", NULL};

#define NAMED(name) "C_" #name,
static const char *const functions[] = {FUNCTIONS(NAMED) "*", NULL};

/* fault FUNCTION NTH once|ever ACTION [ARGUMENT] */
static int fault(struct control *c, const char *value) {
    struct fault f;
    char name[32], times[8];
    int at = 0, number;
    memset(&f, 0, sizeof f);
    if (c->nfaults == FAULTS) return 0;
    if (sscanf(value, "%31s %u %7s %15s %n", name, &f.nth, times, f.action, &at) < 4 || !at) return 0;
    if (!word(&number, name, functions) || !f.nth || !text(f.arg, sizeof f.arg, value + at)) return 0;
    f.function = number;
    f.once = !strcmp(times, "once");
    c->faults[c->nfaults++] = f;
    return 1;
}

static int setting(struct control *c, const char *name, const char *value) {
    if (!strcmp(name, "generation")) return text(c->generation, sizeof c->generation, value);
    if (!strcmp(name, "description")) return text(c->description, sizeof c->description, value);
    if (!strcmp(name, "manufacturer")) return text(c->manufacturer, sizeof c->manufacturer, value);
    if (!strcmp(name, "version")) return text(c->version, sizeof c->version, value);
    if (!strcmp(name, "token-label")) return text(c->label, sizeof c->label, value);
    if (!strcmp(name, "token-model")) return text(c->model, sizeof c->model, value);
    if (!strcmp(name, "token-manufacturer")) return text(c->maker, sizeof c->maker, value);
    if (!strcmp(name, "upper-serial")) return word(&c->upper, value, yes);
    if (!strcmp(name, "applet")) return word(&c->applet, value, yes);
    if (!strcmp(name, "slots")) return (c->slots = atoi(value)) >= 1 && c->slots <= 16;
    if (!strcmp(name, "short-ids")) return word(&c->short_ids, value, yes);
    if (!strcmp(name, "keys-shown")) return word(&c->keys_shown, value, yes);
    if (!strcmp(name, "data")) return word(&c->data, value, data);
    if (!strcmp(name, "always-unknown")) return word(&c->always_unknown, value, yes);
    if (!strcmp(name, "window")) return word(&c->window, value, yes);
    if (!strcmp(name, "keypad")) return word(&c->keypad, value, yes);
    if (!strcmp(name, "tries")) return word(&c->tries, value, tries);
    if (!strcmp(name, "login-again")) return word(&c->login_again, value, yes);
    if (!strcmp(name, "no-context")) return word(&c->no_context, value, yes);
    if (!strcmp(name, "no-ecdsa")) return word(&c->no_ecdsa, value, yes);
    if (!strcmp(name, "signature")) return word(&c->signature, value, signature);
    if (!strcmp(name, "words")) return word(&c->words, value, words);
    if (!strcmp(name, "fault")) return fault(c, value);
    return 0;
}

/* Keeps what was counted as long as the file is the same. */
static void take(const struct control *fresh) {
    if (strcmp(fresh->generation, control.generation)) control = *fresh;
}

int read_control(void) {
    static char file[4096];
    static struct control fresh;
    static struct print print;
    static int understood;
    char path[PATH_MAX], *rest = NULL;
    snprintf(path, sizeof path, "%s/control", root);
    if (!replaced(path, &print) && control.generation[0]) return understood;
    understood = 0;
    memset(&fresh, 0, sizeof fresh);
    fresh.slots = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int n = fd < 0 ? 0 : read(fd, file, sizeof file - 1);
    if (fd >= 0) close(fd);
    if (n < 0 || n == sizeof file - 1) return 0;
    file[n] = 0;
    for (char *line = strtok_r(file, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *value = strchr(line, ' ');
        if (!value) return 0;
        *value++ = 0;
        if (!setting(&fresh, line, value)) return 0;
    }
    if (!fresh.generation[0]) strcpy(fresh.generation, "-");
    take(&fresh);
    return understood = 1;
}
