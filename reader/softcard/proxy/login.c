/*
 * C_Login and C_Logout (PKCS#11 v2.40, 5.6.6), and the holder who types somewhere else.
 * PINs are compared here, with the card's own; SoftHSM2 never sees them.
 */
#include "desk.h"

/* Shows a window, or lights a keypad, and waits for DESK/typed: digits, "cancel" or
 * "timeout". Others may call meanwhile. Ends when the card is pulled out. */
CK_RV prompt(CK_SESSION_HANDLE h, int *s, const char *where, CK_BYTE *pin, CK_ULONG *len) {
    char answer[32];
    struct session *x = &sessions[*s];
    journal_prompt(x->card, where, x->key);
    for (;;) {
        int n = next_typed(answer, sizeof answer);
        while (n > 0 && answer[n - 1] == '\n') n--;
        if (n >= 0) {
            if (n && (answer[0] == 'c' || answer[0] == 't')) return CKR_FUNCTION_CANCELED;
            *len = n < PIN ? n : PIN;
            memcpy(pin, answer, *len);
            explicit_bzero(answer, sizeof answer);
            return CKR_OK;
        }
        pthread_mutex_unlock(&lock);
        nap(2);
        pthread_mutex_lock(&lock);
        if (!initialized) return CKR_CRYPTOKI_NOT_INITIALIZED;
        if (x->handle != h) return CKR_SESSION_HANDLE_INVALID;
        sweep();
        if (x->removed) return gone_code(F_Login, x);
    }
}

/* Compares, after the holder typed on the keypad if there is one and no PIN came. */
static CK_RV check(CK_SESSION_HANDLE h, int s, CK_USER_TYPE user, const CK_BYTE *pin, CK_ULONG len) {
    CK_BYTE typed[PIN];
    struct session *x = &sessions[s];
    CK_RV rv = CKR_OK;
    if (tries_left(x->card) == 0) return CKR_PIN_LOCKED;
    if (!pin && !control.keypad) return CKR_ARGUMENTS_BAD;
    if (!pin) {
        rv = prompt(h, &s, "keypad", typed, &len);
        pin = typed;
    }
    if (rv == CKR_OK) {
        rv = verify(x->card, pin, len);
        journal_pin("login", x->card, user, len, rv, 1);
    }
    explicit_bzero(typed, sizeof typed);
    return rv;
}

/* What is answered without a look at the PIN; CKR_OK in *rv may be one of them. */
static int unread(struct session *x, CK_USER_TYPE user, CK_RV *rv) {
    struct card *c = &cards[x->card];
    *rv = CKR_OK;
    if (user != CKU_USER && user != CKU_CONTEXT_SPECIFIC) *rv = CKR_USER_TYPE_INVALID;
    else if (user == CKU_CONTEXT_SPECIFIC && control.no_context) *rv = CKR_USER_TYPE_INVALID;
    else if (control.window) c->logged_in = 1; /* its C_Sign asks anyway */
    else if (user == CKU_CONTEXT_SPECIFIC && !x->signing) *rv = CKR_OPERATION_NOT_INITIALIZED;
    else if (user == CKU_CONTEXT_SPECIFIC && control.words == WORDS_OPENSC && !c->logged_in) {
        end_signature(x);
        *rv = CKR_OPERATION_NOT_INITIALIZED;
    } else if (user == CKU_USER && c->stale) *rv = CKR_USER_ALREADY_LOGGED_IN;
    else if (user == CKU_USER && c->logged_in) *rv = control.login_again ? CKR_OK : CKR_USER_ALREADY_LOGGED_IN;
    else return 0;
    return 1;
}

CK_RV p_Login(CK_SESSION_HANDLE h, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG len) {
    int s;
    CK_RV rv = enter_session(F_Login, h, &s);
    if (rv != CKR_OK) return leave(rv);
    struct session *x = &sessions[s];
    if (unread(x, user, &rv)) {
        journal_pin("login", x->card, user, pin ? len : 0, rv, 0);
        return leave(rv);
    }
    rv = check(h, s, user, pin, len);
    if (rv == CKR_OK && user == CKU_USER) cards[x->card].logged_in = 1;
    if (rv == CKR_OK && user == CKU_CONTEXT_SPECIFIC) x->allowed = 1;
    return leave(rv);
}

CK_RV p_Logout(CK_SESSION_HANDLE h) {
    int s;
    CK_RV rv = enter_session(F_Logout, h, &s);
    if (rv != CKR_OK) return leave(rv);
    struct card *c = &cards[sessions[s].card];
    if (!c->logged_in && !control.window) rv = CKR_USER_NOT_LOGGED_IN;
    c->logged_in = c->right = 0;
    for (int o = 0; o < SESSIONS; o++)
        if (sessions[o].handle && sessions[o].card == sessions[s].card) sessions[o].allowed = 0;
    return leave(rv);
}

CK_RV p_SetPIN(CK_SESSION_HANDLE h, CK_BYTE *old, CK_ULONG n, CK_BYTE *pin, CK_ULONG m) {
    (void)h, (void)old, (void)n, (void)pin, (void)m;
    return CKR_FUNCTION_NOT_SUPPORTED;
}
