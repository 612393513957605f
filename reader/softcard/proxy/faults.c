/*
 * What goes wrong, as the control file says: the n-th call of a function, counted from
 * when the file was written (in this process), once or from then on. That it happened is
 * marked in DESK/fired, so that "once" holds for all processes of a desk.
 */
#include "desk.h"

#include <stdio.h>
#include <time.h>

enum quirk quirk;

void nap(int milliseconds) {
    struct timespec t = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

/* Never comes back while the control file stays what it is. */
static void hang(void) {
    char generation[sizeof control.generation];
    strcpy(generation, control.generation);
    while (!strcmp(generation, control.generation)) {
        pthread_mutex_unlock(&lock);
        nap(2);
        pthread_mutex_lock(&lock);
        read_control();
    }
}

/* The first reader that holds a card: a desk of one card has no other. */
static int full_reader(void) {
    for (int r = 0; r < nreaders; r++)
        if (look(r).len) return r;
    return -1;
}

static void move_card(const char *action, const char *arg) {
    int r = full_reader(), card;
    if (r < 0) return;
    if (!strcmp(action, "remove")) put_card(r, NULL);
    if (!strcmp(action, "swap")) put_card(r, arg);
    if (!strcmp(action, "out-and-in") && (card = card_of(look(r))) >= 0) put_card(r, cards[card].label);
}

/* Another program reset the card: what a PIN bought is gone. */
static void lose_right(void) {
    for (int c = 0; c < ncards; c++) cards[c].logged_in = cards[c].right = 0;
    for (int s = 0; s < SESSIONS; s++) sessions[s].allowed = 0;
}

static const struct { const char *name; enum quirk quirk; } quirks[] = {
    {"wrong-signature", WRONG_SIGNATURE}, {"short-signature", SHORT_SIGNATURE}, {"other-key", OTHER_KEY},
    {"long-value", LONG_VALUE}, {"endless", ENDLESS}, {NULL, NONE},
};

static char *volatile nowhere;

static CK_RV act(const char *action, const char *arg) {
    if (!strcmp(action, "return")) return strtoul(arg, NULL, 0);
    if (!strcmp(action, "crash")) *nowhere = 0;
    if (!strcmp(action, "hang")) hang();
    if (!strcmp(action, "delay")) {
        int milliseconds = atoi(arg);
        pthread_mutex_unlock(&lock);
        nap(milliseconds);
        pthread_mutex_lock(&lock);
    }
    if (!strcmp(action, "lose-right")) lose_right();
    if (!strcmp(action, "plug") || !strcmp(action, "unplug")) plug(arg, action[0] == 'p');
    move_card(action, arg);
    for (int i = 0; quirks[i].name; i++)
        if (!strcmp(action, quirks[i].name)) quirk = quirks[i].quirk;
    return CKR_OK;
}

CK_RV misbehave(enum function f) {
    CK_RV rv = CKR_OK;
    quirk = NONE;
    for (int i = 0; i < control.nfaults && rv == CKR_OK; i++) {
        struct fault *x = &control.faults[i];
        char name[48], action[sizeof x->action], arg[sizeof x->arg];
        if (x->function != f && x->function != ALL_FUNCTIONS) continue;
        if (++x->seen < x->nth || (x->once && x->seen > x->nth)) continue;
        snprintf(name, sizeof name, "%s.%d", control.generation, i);
        if (!mark_fired(name) && x->once) continue;
        strcpy(action, x->action); /* a delay lets the control file change */
        strcpy(arg, x->arg);
        rv = act(action, arg);
    }
    return rv;
}
