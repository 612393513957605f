/*
 * Searches and attributes (PKCS#11 v2.40, 5.7). A search is made whole when it begins,
 * so that what a dialect hides can be left out.
 */
#include "desk.h"

static CK_ULONG class_of(struct session *x, CK_OBJECT_HANDLE object) {
    CK_ULONG class = ~0UL;
    CK_ATTRIBUTE a = {CKA_CLASS, &class, sizeof class};
    hsm->C_GetAttributeValue(x->handle, object, &a, 1);
    return class;
}

int hidden(struct session *x, CK_OBJECT_HANDLE object) {
    return !control.keys_shown && !cards[x->card].logged_in && class_of(x, object) == CKO_PRIVATE_KEY;
}

/* A one-byte id becomes the CK_ULONG that the card has; 0: no id can match. */
static int lengthen(CK_ATTRIBUTE *a, CK_ULONG *id) {
    if (a->type != CKA_ID || !control.short_ids) return 1;
    if (a->ulValueLen != 1) return 0;
    *id = *(CK_BYTE *)a->pValue;
    a->pValue = id;
    a->ulValueLen = sizeof *id;
    return 1;
}

/* Keeps the handles that the dialect shows. */
static void keep(struct session *x, const CK_OBJECT_HANDLE *list, CK_ULONG n, int data) {
    for (CK_ULONG i = 0; i < n; i++) {
        CK_ULONG class = class_of(x, list[i]);
        if (class == CKO_PRIVATE_KEY && hidden(x, list[i])) continue;
        if (class == CKO_DATA && (control.data == DATA_NONE || (control.data == DATA_ASKED && !data))) continue;
        if (x->nfound < OBJECTS) x->found[x->nfound++] = list[i];
    }
}

CK_RV p_FindObjectsInit(CK_SESSION_HANDLE h, CK_ATTRIBUTE *list, CK_ULONG n) {
    int s, data = 0;
    CK_ATTRIBUTE wanted[16];
    CK_ULONG id, count;
    CK_OBJECT_HANDLE some[64];
    CK_RV rv = enter_session(F_FindObjectsInit, h, &s);
    if (rv != CKR_OK) return leave(rv);
    struct session *x = &sessions[s];
    if (x->searching) return leave(CKR_OPERATION_ACTIVE);
    if (n > 16) return leave(CKR_ARGUMENTS_BAD);
    x->nfound = x->given = 0;
    x->searching = 1;
    for (CK_ULONG i = 0; i < n; i++) {
        wanted[i] = list[i];
        if (!lengthen(&wanted[i], &id)) return leave(CKR_OK);
        data |= list[i].type == CKA_CLASS;
    }
    rv = hsm->C_FindObjectsInit(h, wanted, n);
    while (rv == CKR_OK && (rv = hsm->C_FindObjects(h, some, 64, &count)) == CKR_OK && count) keep(x, some, count, data);
    hsm->C_FindObjectsFinal(h);
    if (rv != CKR_OK) x->searching = 0;
    return leave(rv);
}

CK_RV p_FindObjects(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE *list, CK_ULONG most, CK_ULONG *n) {
    int s;
    CK_RV rv = enter_session(F_FindObjects, h, &s);
    if (rv != CKR_OK) return leave(rv);
    struct session *x = &sessions[s];
    if (!x->searching) return leave(CKR_OPERATION_NOT_INITIALIZED);
    if (quirk == ENDLESS && x->nfound) x->given %= x->nfound;
    for (*n = 0; *n < most && x->given < x->nfound; ++*n) {
        list[*n] = x->found[x->given++];
        if (quirk == ENDLESS) x->given %= x->nfound;
    }
    return leave(CKR_OK);
}

CK_RV p_FindObjectsFinal(CK_SESSION_HANDLE h) {
    int s;
    CK_RV rv = enter_session(F_FindObjectsFinal, h, &s);
    if (rv != CKR_OK) return leave(rv);
    if (!sessions[s].searching) return leave(CKR_OPERATION_NOT_INITIALIZED);
    sessions[s].searching = 0;
    return leave(CKR_OK);
}

/* A value of a mebibyte where a label should be. */
static CK_RV endless_value(CK_ATTRIBUTE *a) {
    enum { LENGTH = 1 << 20 };
    if (a->pValue && a->ulValueLen >= LENGTH) memset(a->pValue, 'A', LENGTH);
    a->ulValueLen = LENGTH;
    return CKR_OK;
}

static CK_RV short_id(struct session *x, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a) {
    CK_BYTE id[sizeof(CK_ULONG)];
    CK_ATTRIBUTE whole = {CKA_ID, id, sizeof id};
    CK_RV rv = hsm->C_GetAttributeValue(x->handle, object, &whole, 1);
    if (rv != CKR_OK) return rv;
    if (a->pValue && a->ulValueLen >= 1 && whole.ulValueLen) *(CK_BYTE *)a->pValue = id[0];
    a->ulValueLen = whole.ulValueLen ? 1 : 0;
    return CKR_OK;
}

static CK_RV value(struct session *x, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a) {
    if (quirk == LONG_VALUE) return endless_value(a);
    if (a->type == CKA_ALWAYS_AUTHENTICATE && control.always_unknown) {
        a->ulValueLen = ~0UL;
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
    if (a->type == CKA_ID && control.short_ids) return short_id(x, object, a);
    return hsm->C_GetAttributeValue(x->handle, object, a, 1);
}

/* Each by itself; of several failures one is told (v2.40, 5.7.5). */
CK_RV p_GetAttributeValue(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *list, CK_ULONG n) {
    int s;
    CK_RV rv = enter_session(F_GetAttributeValue, h, &s), one;
    if (rv == CKR_OK && hidden(&sessions[s], object)) rv = CKR_OBJECT_HANDLE_INVALID;
    if (rv != CKR_OK) return leave(rv);
    for (CK_ULONG i = 0; i < n; i++)
        if ((one = value(&sessions[s], object, &list[i])) != CKR_OK) rv = one;
    return leave(rv);
}
