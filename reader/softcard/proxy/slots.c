/*
 * Readers as slots, cards as tokens (PKCS#11 v2.40, 5.5). A reader has as many slots as
 * the dialect says, of which the first is used: its id is the reader's number times that.
 */
#include "desk.h"

#include <ctype.h>
#include <stdio.h>

void pad(CK_BYTE *to, size_t size, const char *text) {
    size_t n = strlen(text);
    memset(to, ' ', size);
    memcpy(to, text, n < size ? n : size);
}

static void rename_if(CK_BYTE *to, size_t size, const char *text) {
    if (text[0]) pad(to, size, text);
}

/* Also for what is no reader and no card, which *card then says. */
CK_RV enter_slot(enum function f, CK_SLOT_ID id, int *card) {
    CK_RV rv = enter(f);
    if (rv != CKR_OK) return rv;
    CK_SLOT_ID reader = id / control.slots;
    if (reader >= (CK_SLOT_ID)nreaders || !plugged(reader)) return CKR_SLOT_ID_INVALID;
    *card = id % control.slots ? NO_CARD : card_of(look(reader));
    return *card == NO_CARD ? CKR_TOKEN_NOT_PRESENT : *card == STRANGER ? CKR_TOKEN_NOT_RECOGNIZED : CKR_OK;
}

CK_RV p_GetSlotList(CK_BYTE present, CK_SLOT_ID *list, CK_ULONG *count) {
    CK_RV rv = enter(F_GetSlotList);
    CK_ULONG n = 0, room = list && count ? *count : 0;
    if (rv != CKR_OK) return leave(rv);
    if (!count) return leave(CKR_ARGUMENTS_BAD);
    find_readers();
    polled();
    for (int id = 0; id < nreaders * control.slots; id++) {
        int reader = id / control.slots;
        if (!plugged(reader) || (present && (id % control.slots || look(reader).len == 0))) continue;
        if (list && n < room) list[n] = id;
        n++;
    }
    *count = n;
    return leave(list && n > room ? CKR_BUFFER_TOO_SMALL : CKR_OK);
}

/* The Belgian middleware tells the applet here: 0x17 has RSA keys, 0x18 EC keys. */
static CK_BYTE applet(int card) {
    char text[4] = "";
    if (!control.applet || card < 0) return 0;
    card_is(card, "applet", text, sizeof text - 1);
    return strtoul(text, NULL, 16);
}

CK_RV p_GetSlotInfo(CK_SLOT_ID id, CK_SLOT_INFO *info) {
    int card = NO_CARD;
    CK_RV rv = enter_slot(F_GetSlotInfo, id, &card);
    if (rv != CKR_OK && rv != CKR_TOKEN_NOT_PRESENT && rv != CKR_TOKEN_NOT_RECOGNIZED) return leave(rv);
    if (!info) return leave(CKR_ARGUMENTS_BAD);
    memset(info, 0, sizeof *info);
    pad(info->slotDescription, sizeof info->slotDescription, readers[id / control.slots]);
    pad(info->manufacturerID, sizeof info->manufacturerID, "Guichet");
    info->flags = CKF_REMOVABLE_DEVICE | CKF_HW_SLOT | (rv == CKR_TOKEN_NOT_PRESENT ? 0 : CKF_TOKEN_PRESENT);
    info->firmwareVersion.major = applet(card);
    return leave(CKR_OK);
}

static CK_FLAGS told(int left) {
    CK_FLAGS flags = 0;
    if (control.tries == TRIES_UNTOLD) return 0;
    if (left == 1) flags |= CKF_USER_PIN_FINAL_TRY;
    if (control.tries == TRIES_FINAL) return flags;
    if (left < TRIES) flags |= CKF_USER_PIN_COUNT_LOW;
    if (left == 0) flags |= CKF_USER_PIN_LOCKED;
    return flags;
}

CK_RV p_GetTokenInfo(CK_SLOT_ID id, CK_TOKEN_INFO *info) {
    int card;
    CK_RV rv = enter_slot(F_GetTokenInfo, id, &card);
    if (rv == CKR_TOKEN_NOT_PRESENT) polled();
    if (rv == CKR_OK) rv = hsm->C_GetTokenInfo(cards[card].slot, info);
    if (rv != CKR_OK) return leave(rv);
    rename_if(info->label, sizeof info->label, control.label);
    rename_if(info->model, sizeof info->model, control.model);
    rename_if(info->manufacturerID, sizeof info->manufacturerID, control.maker);
    for (size_t i = 0; control.upper && i < sizeof info->serialNumber; i++)
        info->serialNumber[i] = toupper(info->serialNumber[i]);
    info->flags &= ~(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED | CKF_USER_PIN_TO_BE_CHANGED |
                     CKF_SO_PIN_ANY | CKF_LOGIN_REQUIRED);
    info->flags |= CKF_WRITE_PROTECTED | told(tries_left(card));
    if (!control.window) info->flags |= CKF_LOGIN_REQUIRED;
    if (control.keypad) info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
    return leave(CKR_OK);
}

/* Without the ECDSA family where the dialect does not know it. */
CK_RV p_GetMechanismList(CK_SLOT_ID id, CK_MECHANISM_TYPE *list, CK_ULONG *count) {
    int card;
    CK_RV rv = enter_slot(F_GetMechanismList, id, &card);
    CK_MECHANISM_TYPE all[256];
    CK_ULONG n = 256, kept = 0, room = list && count ? *count : 0;
    if (rv == CKR_OK && !count) rv = CKR_ARGUMENTS_BAD;
    if (rv == CKR_OK) rv = hsm->C_GetMechanismList(cards[card].slot, all, &n);
    if (rv != CKR_OK) return leave(rv);
    for (CK_ULONG i = 0; i < n; i++) {
        if (control.no_ecdsa && all[i] >= CKM_ECDSA && all[i] <= CKM_ECDSA_SHA512) continue;
        if (list && kept < room) list[kept] = all[i];
        kept++;
    }
    *count = kept;
    return leave(list && kept > room ? CKR_BUFFER_TOO_SMALL : CKR_OK);
}

CK_RV p_GetMechanismInfo(CK_SLOT_ID id, CK_MECHANISM_TYPE type, void *info) {
    int card;
    CK_RV rv = enter_slot(F_GetMechanismInfo, id, &card);
    return leave(rv == CKR_OK ? hsm->C_GetMechanismInfo(cards[card].slot, type, info) : rv);
}

CK_RV p_InitToken(CK_SLOT_ID id, CK_BYTE *pin, CK_ULONG len, CK_BYTE *label) {
    (void)id, (void)pin, (void)len, (void)label;
    return CKR_TOKEN_WRITE_PROTECTED;
}

CK_RV p_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved) {
    (void)flags, (void)slot, (void)reserved;
    return CKR_FUNCTION_NOT_SUPPORTED;
}
