/*
 * Signatures (PKCS#11 v2.40, 5.11). Only C_Sign makes them, so that none misses the
 * journal. SoftHSM2 cannot drop a signature that has begun: each has a session of its
 * own, which is closed. There the PIN is SoftHSM2's business and always given; whether
 * the holder gave it to us is decided in may_sign.
 */
#include "desk.h"

#include <ctype.h>

/* The label of the key; it goes into JSON as it is. */
static void name_key(struct session *x, CK_OBJECT_HANDLE key) {
    CK_ATTRIBUTE label = {CKA_LABEL, x->key, LABEL};
    memset(x->key, 0, sizeof x->key);
    if (hsm->C_GetAttributeValue(x->handle, key, &label, 1) != CKR_OK) strcpy(x->key, "?");
    for (char *c = x->key; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != ' ') *c = '?';
}

static int always(struct session *x, CK_OBJECT_HANDLE key) {
    CK_BYTE yes = 0;
    CK_ATTRIBUTE a = {CKA_ALWAYS_AUTHENTICATE, &yes, sizeof yes};
    return hsm->C_GetAttributeValue(x->handle, key, &a, 1) == CKR_OK && yes;
}

/* asked is the key that was asked for, also when another one signs. */
static CK_RV begin(struct session *x, CK_MECHANISM *m, CK_OBJECT_HANDLE asked, CK_OBJECT_HANDLE key) {
    char pin[PIN + 2];
    struct card *c = &cards[x->card];
    CK_RV rv = hsm->C_OpenSession(c->slot, CKF_SERIAL_SESSION, NULL, NULL, &x->signing);
    if (rv != CKR_OK) return rv;
    rv = hsm->C_SignInit(x->signing, m, key);
    if (rv == CKR_OK && always(x, key)) {
        int n = card_is(x->card, "pin", pin, sizeof pin);
        rv = hsm->C_Login(x->signing, CKU_CONTEXT_SPECIFIC, (CK_BYTE *)pin, n > 0 ? n : 0);
        explicit_bzero(pin, sizeof pin);
    }
    if (rv != CKR_OK) end_signature(x);
    else x->always = always(x, asked) && !control.always_unknown;
    return rv;
}

/* Another key of the same card, for an answer that is a signature and yet wrong. */
static CK_OBJECT_HANDLE other_key(struct session *x, CK_OBJECT_HANDLE key) {
    CK_ULONG class = CKO_PRIVATE_KEY, n = 0;
    CK_ATTRIBUTE private = {CKA_CLASS, &class, sizeof class};
    CK_OBJECT_HANDLE list[2];
    if (hsm->C_FindObjectsInit(x->handle, &private, 1) != CKR_OK) return key;
    hsm->C_FindObjects(x->handle, list, 2, &n);
    hsm->C_FindObjectsFinal(x->handle);
    return n == 2 ? list[list[0] == key] : key;
}

CK_RV p_SignInit(CK_SESSION_HANDLE h, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
    int s;
    CK_RV rv = enter_session(F_SignInit, h, &s);
    if (rv != CKR_OK) return leave(rv);
    struct session *x = &sessions[s];
    if (!m) return leave(CKR_ARGUMENTS_BAD);
    if (x->signing) return leave(CKR_OPERATION_ACTIVE);
    if (hidden(x, key)) return leave(CKR_USER_NOT_LOGGED_IN);
    if (control.no_ecdsa && m->mechanism >= CKM_ECDSA && m->mechanism <= CKM_ECDSA_SHA512) return leave(CKR_MECHANISM_INVALID);
    name_key(x, key);
    x->mechanism = m->mechanism;
    return leave(begin(x, m, key, quirk == OTHER_KEY ? other_key(x, key) : key));
}

/* A window for each signature, and for the authentication key until its right is lost. */
static CK_RV ask_in_window(CK_SESSION_HANDLE h, int s) {
    CK_BYTE pin[PIN];
    CK_ULONG len = 0;
    struct session *x = &sessions[s];
    struct card *c = &cards[x->card];
    int signature = !strcmp(x->key, "Signature");
    if (c->right && !signature) return CKR_OK;
    if (tries_left(x->card) == 0) return CKR_PIN_LOCKED;
    CK_RV rv = prompt(h, &s, control.keypad ? "keypad" : "window", pin, &len);
    if (rv == CKR_OK) {
        rv = verify(x->card, pin, len);
        journal_pin("typed", x->card, CKU_CONTEXT_SPECIFIC, len, rv, 1);
    }
    explicit_bzero(pin, sizeof pin);
    c->right = rv == CKR_OK && !signature; /* a wrong PIN drops every right */
    return rv;
}

/* Whether the holder has paid for this signature with a PIN. */
static CK_RV may_sign(CK_SESSION_HANDLE h, int s) {
    struct session *x = &sessions[s];
    int in = cards[x->card].logged_in;
    if (control.signature != SIGNATURE_WORKS && !strcmp(x->key, "Signature"))
        return control.signature == SIGNATURE_REFUSED ? CKR_FUNCTION_NOT_SUPPORTED : CKR_FUNCTION_FAILED;
    if (control.window) return ask_in_window(h, s);
    if (!in && control.words == WORDS_BELGIUM) return CKR_FUNCTION_FAILED;
    return in && (!x->always || x->allowed) ? CKR_OK : CKR_USER_NOT_LOGGED_IN;
}

static void spoil(enum quirk how, CK_BYTE *value, CK_ULONG *size) {
    if (how == WRONG_SIGNATURE && *size) value[*size / 2] ^= 1;
    if (how == SHORT_SIGNATURE && *size) --*size;
}

CK_RV p_Sign(CK_SESSION_HANDLE h, CK_BYTE *data, CK_ULONG len, CK_BYTE *value, CK_ULONG *size) {
    int s;
    CK_RV rv = enter_session(value ? F_Sign : F_SignLength, h, &s);
    enum quirk how = quirk; /* of this call: a holder who types lets others in */
    if (rv != CKR_OK) return leave(rv);
    struct session *x = &sessions[s];
    if (!x->signing) return leave(CKR_OPERATION_NOT_INITIALIZED);
    if (value) rv = may_sign(h, s);
    if (rv == CKR_OK && !x->signing) rv = CKR_OPERATION_NOT_INITIALIZED; /* ended while the holder typed */
    if (rv == CKR_OK) rv = hsm->C_Sign(x->signing, data, len, value, size);
    if (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && !value)) return leave(rv);
    if (rv == CKR_OK && !journal_signature(x->card, x->key, x->mechanism, data, len)) rv = CKR_GENERAL_ERROR;
    if (rv == CKR_OK) spoil(how, value, size);
    if (rv != CKR_USER_NOT_LOGGED_IN || control.words != WORDS_PLAIN) end_signature(x); /* SoftHSM2 leaves it active */
    return leave(rv);
}

CK_RV p_SignUpdate(CK_SESSION_HANDLE h, CK_BYTE *data, CK_ULONG len) {
    (void)h, (void)data, (void)len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV p_SignFinal(CK_SESSION_HANDLE h, CK_BYTE *value, CK_ULONG *size) {
    (void)h, (void)value, (void)size;
    return CKR_FUNCTION_NOT_SUPPORTED;
}
