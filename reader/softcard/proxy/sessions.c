/*
 * In and out of a call, and sessions (PKCS#11 v2.40, 5.6). Nothing watches the folders:
 * each call looks first. A session remembers the card file it was opened on; when that
 * is gone or another, the session is dead for good and says so in the dialect's words.
 */
#include "desk.h"

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
struct session sessions[SESSIONS];

CK_RV leave(CK_RV rv) {
    pthread_mutex_unlock(&lock);
    return rv;
}

void end_signature(struct session *x) {
    if (x->signing) hsm->C_CloseSession(x->signing);
    x->signing = 0;
    x->always = x->allowed = 0;
}

/* Ends the sessions whose card is not in its reader any more. A login belongs to the
 * card and goes with it. */
void sweep(void) {
    for (int s = 0; s < SESSIONS; s++) {
        struct session *x = &sessions[s];
        if (!x->handle || x->removed || same(look(x->reader), x->content)) continue;
        struct card *c = &cards[x->card];
        if (c->logged_in && control.words == WORDS_OPENSC) c->stale = 1;
        c->logged_in = c->right = 0;
        end_signature(x);
        hsm->C_CloseSession(x->handle);
        x->removed = 1;
    }
}

/* OpenSC forgets what it knew of a card that left when its slots are looked at. */
void polled(void) {
    for (int c = 0; c < ncards; c++) cards[c].stale = 0;
    for (int s = 0; s < SESSIONS; s++)
        if (sessions[s].removed && look(sessions[s].reader).len == 0) sessions[s].polled = 1;
}

/* What a call on a session of a card that left is told (measured: libbeidpkcs11 5.1, OpenSC 0.23). */
CK_RV gone_code(enum function f, struct session *x) {
    int in_hand = f == F_SignInit || f == F_Sign || f == F_SignLength || f == F_GetAttributeValue;
    int out = look(x->reader).len == 0;
    if (control.words == WORDS_OPENSC && x->polled) return CKR_SESSION_HANDLE_INVALID;
    if (control.words != WORDS_PLAIN && in_hand && out) return CKR_GENERAL_ERROR;
    return CKR_DEVICE_REMOVED;
}

CK_RV enter(enum function f) {
    pthread_mutex_lock(&lock);
    if (!initialized) return CKR_CRYPTOKI_NOT_INITIALIZED;
    if (!read_control()) return CKR_GENERAL_ERROR;
    CK_RV rv = misbehave(f);
    if (rv == CKR_OK && !initialized) rv = CKR_CRYPTOKI_NOT_INITIALIZED; /* finalised during a delay */
    if (rv == CKR_OK) sweep();
    return rv;
}

static int index_of(CK_SESSION_HANDLE h) {
    for (int s = 0; h && s < SESSIONS; s++)
        if (sessions[s].handle == h) return s;
    return -1;
}

CK_RV enter_session(enum function f, CK_SESSION_HANDLE h, int *s) {
    CK_RV rv = enter(f);
    if (rv != CKR_OK) return rv;
    if ((*s = index_of(h)) < 0) return CKR_SESSION_HANDLE_INVALID;
    return sessions[*s].removed ? gone_code(f, &sessions[*s]) : CKR_OK;
}

/* SoftHSM2 hides private keys until login and forgets a login with its last session:
 * one session a card stays open and logged in. Who may use the keys is decided here. */
static CK_RV unlock(struct card *c) {
    char pin[PIN + 2];
    if (c->keeper) return CKR_OK;
    int n = card_is(c - cards, "pin", pin, sizeof pin);
    if (n < 4) return CKR_TOKEN_NOT_RECOGNIZED;
    CK_RV rv = hsm->C_OpenSession(c->slot, CKF_SERIAL_SESSION, NULL, NULL, &c->keeper);
    if (rv == CKR_OK) rv = hsm->C_Login(c->keeper, CKU_USER, (CK_BYTE *)pin, n);
    explicit_bzero(pin, sizeof pin);
    return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

CK_RV p_OpenSession(CK_SLOT_ID id, CK_FLAGS flags, void *app, void *notify, CK_SESSION_HANDLE *h) {
    int card, s = 0;
    CK_RV rv = enter_slot(F_OpenSession, id, &card);
    if (rv != CKR_OK) return leave(rv);
    if (flags & CKF_RW_SESSION) return leave(CKR_TOKEN_WRITE_PROTECTED);
    int reader = id / control.slots;
    struct content content = look(reader);
    if (card_of(content) != card) return leave(CKR_TOKEN_NOT_PRESENT); /* swapped just now */
    while (s < SESSIONS && sessions[s].handle) s++;
    if (s == SESSIONS) return leave(CKR_SESSION_COUNT);
    if ((rv = unlock(&cards[card])) == CKR_OK) rv = hsm->C_OpenSession(cards[card].slot, flags, app, notify, h);
    if (rv != CKR_OK) return leave(rv);
    struct session *x = &sessions[s];
    memset(x, 0, sizeof *x);
    x->handle = *h;
    x->reader = reader;
    x->card = card;
    x->content = content;
    return leave(CKR_OK);
}

/* The login goes with the last session (v2.40, 5.6.2). */
CK_RV close_entry(int s) {
    struct session *x = &sessions[s];
    CK_RV rv = CKR_OK;
    if (!x->removed) {
        end_signature(x);
        rv = hsm->C_CloseSession(x->handle);
    }
    x->handle = 0;
    for (int o = 0; o < SESSIONS; o++)
        if (sessions[o].handle && !sessions[o].removed && sessions[o].card == x->card) return rv;
    if (!x->removed) cards[x->card].logged_in = cards[x->card].right = 0;
    return rv;
}

CK_RV p_CloseSession(CK_SESSION_HANDLE h) {
    CK_RV rv = enter(F_CloseSession);
    if (rv != CKR_OK) return leave(rv);
    int s = index_of(h);
    return leave(s < 0 ? CKR_SESSION_HANDLE_INVALID : close_entry(s));
}

CK_RV p_CloseAllSessions(CK_SLOT_ID id) {
    CK_RV rv = enter(F_CloseAllSessions);
    for (int s = 0; s < SESSIONS && rv == CKR_OK; s++)
        if (sessions[s].handle && sessions[s].reader == (int)id / control.slots) close_entry(s);
    return leave(rv);
}

CK_RV p_GetSessionInfo(CK_SESSION_HANDLE h, CK_SESSION_INFO *info) {
    int s;
    CK_RV rv = enter_session(F_GetSessionInfo, h, &s);
    if (rv == CKR_OK && !info) rv = CKR_ARGUMENTS_BAD;
    if (rv != CKR_OK) return leave(rv);
    info->slotID = sessions[s].reader * control.slots;
    info->state = cards[sessions[s].card].logged_in ? CKS_RO_USER_FUNCTIONS : CKS_RO_PUBLIC_SESSION;
    info->flags = CKF_SERIAL_SESSION;
    info->ulDeviceError = 0;
    return leave(CKR_OK);
}
