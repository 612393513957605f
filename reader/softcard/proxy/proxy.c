/*
 * guichet-softcard.so: a PKCS#11 module that stands before SoftHSM2 and does what a
 * card reader does and SoftHSM2 cannot: cards come in and go out, wrong PINs count
 * and lock, and what a card signed is written down.
 *
 * The module finds its desk from where its own file lies:
 *
 *   DESK/guichet-softcard.so     this module, a copy of its own per desk
 *   DESK/softhsm2.so             SoftHSM2, a copy too: its state belongs to this desk
 *   DESK/softhsm2.conf           its configuration
 *   DESK/readers/NAME/card       a card in reader NAME: token label, newline, a number
 *                                that differs each time a card is put in
 *   DESK/cards/LABEL.tries       PIN tries left; no file: three
 *   DESK/journal                 one JSON object a line for every signature
 *
 * Nothing watches the folders: each call looks first. A session remembers the file it
 * was opened on; when that is gone or another, every card session of that reader is
 * logged out and answers CKR_DEVICE_REMOVED until it is closed (PKCS#11 v2.40, 5.6).
 *
 * Cards are read-only, and only C_Sign makes signatures, so that none misses the journal.
 *
 *   cc -O2 -shared -fPIC -fvisibility=hidden -Wall -o guichet-softcard.so proxy.c -ldl -lpthread
 */
#define _GNU_SOURCE
#include "cryptoki.h"
#include "folders.h"

#include <ctype.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>

enum { SESSIONS = 256 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static CK_FUNCTION_LIST *hsm; /* SoftHSM2 */
static int initialized;
static struct {
    CK_SESSION_HANDLE handle; /* SoftHSM2's own; 0: free entry */
    int reader, card, removed;
    struct content content;
    char key[LABEL + 1]; /* label of the key of the signature under way */
    CK_MECHANISM_TYPE mechanism;
} sessions[SESSIONS];

/* ---- in and out of a call ---- */

static CK_RV leave(CK_RV rv) {
    pthread_mutex_unlock(&lock);
    return rv;
}

/* Ends the sessions whose card is not in its reader any more. SoftHSM2's login is per
 * token and would outlive the card: log out. */
static void sweep(void) {
    for (int s = 0; s < SESSIONS; s++) {
        if (!sessions[s].handle || sessions[s].removed) continue;
        if (same(look(sessions[s].reader), sessions[s].content)) continue;
        hsm->C_Logout(sessions[s].handle);
        hsm->C_CloseSession(sessions[s].handle);
        sessions[s].removed = 1;
    }
}

static CK_RV enter(void) {
    pthread_mutex_lock(&lock);
    if (!initialized) return CKR_CRYPTOKI_NOT_INITIALIZED;
    sweep();
    return CKR_OK;
}

static CK_RV enter_slot(CK_SLOT_ID id, int *card) {
    CK_RV rv = enter();
    if (rv != CKR_OK) return rv;
    if (id >= (CK_SLOT_ID)nreaders || !plugged(id)) return CKR_SLOT_ID_INVALID;
    *card = card_of(look(id));
    return *card == NO_CARD ? CKR_TOKEN_NOT_PRESENT : *card == STRANGER ? CKR_TOKEN_NOT_RECOGNIZED : CKR_OK;
}

static CK_RV enter_session(CK_SESSION_HANDLE h, int *s) {
    CK_RV rv = enter();
    if (rv != CKR_OK) return rv;
    for (*s = 0; *s < SESSIONS; ++*s)
        if (h && sessions[*s].handle == h) return sessions[*s].removed ? CKR_DEVICE_REMOVED : CKR_OK;
    return CKR_SESSION_HANDLE_INVALID;
}

static void pad(CK_BYTE *to, size_t size, const char *text) {
    size_t n = strlen(text);
    memset(to, ' ', size);
    memcpy(to, text, n < size ? n : size);
}

/* ---- slots ---- */

static CK_RV GetSlotList(CK_BYTE present, CK_SLOT_ID *list, CK_ULONG *count) {
    CK_RV rv = enter();
    CK_ULONG n = 0, room = list && count ? *count : 0;
    if (rv != CKR_OK) return leave(rv);
    if (!count) return leave(CKR_ARGUMENTS_BAD);
    find_readers();
    for (int r = 0; r < nreaders; r++) {
        if (!plugged(r) || (present && look(r).len == 0)) continue;
        if (list && n < room) list[n] = r;
        n++;
    }
    *count = n;
    return leave(list && n > room ? CKR_BUFFER_TOO_SMALL : CKR_OK);
}

static CK_RV GetSlotInfo(CK_SLOT_ID id, CK_SLOT_INFO *info) {
    int card = NO_CARD;
    CK_RV rv = enter_slot(id, &card);
    if (rv == CKR_SLOT_ID_INVALID || rv == CKR_CRYPTOKI_NOT_INITIALIZED) return leave(rv);
    if (!info) return leave(CKR_ARGUMENTS_BAD);
    memset(info, 0, sizeof *info);
    pad(info->slotDescription, sizeof info->slotDescription, readers[id]);
    pad(info->manufacturerID, sizeof info->manufacturerID, "Guichet");
    info->flags = CKF_REMOVABLE_DEVICE | CKF_HW_SLOT | (card == NO_CARD ? 0 : CKF_TOKEN_PRESENT);
    return leave(CKR_OK);
}

static CK_RV GetTokenInfo(CK_SLOT_ID id, CK_TOKEN_INFO *info) {
    int card;
    CK_RV rv = enter_slot(id, &card);
    if (rv == CKR_OK) rv = hsm->C_GetTokenInfo(cards[card].slot, info);
    if (rv != CKR_OK) return leave(rv);
    int left = tries_left(card);
    info->flags &= ~(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED | CKF_USER_PIN_TO_BE_CHANGED |
                     CKF_SO_PIN_ANY);
    info->flags |= CKF_WRITE_PROTECTED;
    if (left < TRIES) info->flags |= CKF_USER_PIN_COUNT_LOW;
    if (left == 1) info->flags |= CKF_USER_PIN_FINAL_TRY;
    if (left == 0) info->flags |= CKF_USER_PIN_LOCKED;
    return leave(CKR_OK);
}

static CK_RV GetMechanismList(CK_SLOT_ID id, CK_MECHANISM_TYPE *list, CK_ULONG *count) {
    int card;
    CK_RV rv = enter_slot(id, &card);
    return leave(rv == CKR_OK ? hsm->C_GetMechanismList(cards[card].slot, list, count) : rv);
}

static CK_RV GetMechanismInfo(CK_SLOT_ID id, CK_MECHANISM_TYPE type, void *info) {
    int card;
    CK_RV rv = enter_slot(id, &card);
    return leave(rv == CKR_OK ? hsm->C_GetMechanismInfo(cards[card].slot, type, info) : rv);
}

static CK_RV InitToken(CK_SLOT_ID id, CK_BYTE *pin, CK_ULONG len, CK_BYTE *label) { return CKR_TOKEN_WRITE_PROTECTED; }
static CK_RV WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved) { return CKR_FUNCTION_NOT_SUPPORTED; }

/* ---- sessions ---- */

static CK_RV OpenSession(CK_SLOT_ID id, CK_FLAGS flags, void *app, void *notify, CK_SESSION_HANDLE *h) {
    int card, s = 0;
    CK_RV rv = enter_slot(id, &card);
    if (rv != CKR_OK) return leave(rv);
    if (flags & CKF_RW_SESSION) return leave(CKR_TOKEN_WRITE_PROTECTED);
    struct content content = look(id);
    if (card_of(content) != card) return leave(CKR_TOKEN_NOT_PRESENT); /* swapped just now */
    while (s < SESSIONS && sessions[s].handle) s++;
    if (s == SESSIONS) return leave(CKR_SESSION_COUNT);
    rv = hsm->C_OpenSession(cards[card].slot, flags, app, notify, h);
    if (rv != CKR_OK) return leave(rv);
    memset(&sessions[s], 0, sizeof sessions[s]);
    sessions[s].handle = *h;
    sessions[s].reader = id;
    sessions[s].card = card;
    sessions[s].content = content;
    return leave(CKR_OK);
}

static CK_RV close_entry(int s) {
    CK_RV rv = sessions[s].removed ? CKR_OK : hsm->C_CloseSession(sessions[s].handle);
    sessions[s].handle = 0;
    return rv;
}

static CK_RV CloseSession(CK_SESSION_HANDLE h) {
    int s;
    CK_RV rv = enter_session(h, &s);
    return leave(rv == CKR_OK || rv == CKR_DEVICE_REMOVED ? close_entry(s) : rv);
}

static CK_RV CloseAllSessions(CK_SLOT_ID id) {
    CK_RV rv = enter();
    for (int s = 0; s < SESSIONS && rv == CKR_OK; s++)
        if (sessions[s].handle && sessions[s].reader == (int)id) close_entry(s);
    return leave(rv);
}

static CK_RV GetSessionInfo(CK_SESSION_HANDLE h, CK_SESSION_INFO *info) {
    int s;
    CK_RV rv = enter_session(h, &s);
    if (rv == CKR_OK) rv = hsm->C_GetSessionInfo(h, info);
    if (rv == CKR_OK) info->slotID = sessions[s].reader;
    return leave(rv);
}

/* As on the card, a try is spent before the PIN is compared and given back when it was right. */
static CK_RV Login(CK_SESSION_HANDLE h, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG len) {
    int s;
    CK_RV rv = enter_session(h, &s);
    if (rv != CKR_OK) return leave(rv);
    if (user == CKU_SO) return leave(CKR_USER_TYPE_INVALID);
    int card = sessions[s].card, left = tries_left(card);
    if (left == 0) return leave(CKR_PIN_LOCKED);
    if (!set_tries(card, left - 1)) return leave(CKR_GENERAL_ERROR);
    rv = hsm->C_Login(h, user, pin, len);
    if (rv == CKR_PIN_INCORRECT) return leave(left == 1 ? CKR_PIN_LOCKED : rv);
    set_tries(card, rv == CKR_OK ? TRIES : left);
    return leave(rv);
}


/* Calls that only need the card to be there. */
#define FORWARD(name, params, args)                               \
    static CK_RV name params {                                    \
        int s;                                                    \
        CK_RV rv = enter_session(h, &s);                          \
        return leave(rv == CKR_OK ? hsm->C_##name args : rv);     \
    }

FORWARD(Logout, (CK_SESSION_HANDLE h), (h))

static CK_RV SetPIN(CK_SESSION_HANDLE h, CK_BYTE *old, CK_ULONG n, CK_BYTE *pin, CK_ULONG m) {
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* ---- objects and signatures ---- */

FORWARD(GetAttributeValue, (CK_SESSION_HANDLE h, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t, CK_ULONG n), (h, o, t, n))
FORWARD(FindObjectsInit, (CK_SESSION_HANDLE h, CK_ATTRIBUTE *t, CK_ULONG n), (h, t, n))
FORWARD(FindObjects, (CK_SESSION_HANDLE h, CK_OBJECT_HANDLE *o, CK_ULONG max, CK_ULONG *n), (h, o, max, n))
FORWARD(FindObjectsFinal, (CK_SESSION_HANDLE h), (h))

static CK_RV SignInit(CK_SESSION_HANDLE h, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
    int s;
    CK_RV rv = enter_session(h, &s);
    if (rv == CKR_OK) rv = hsm->C_SignInit(h, m, key);
    if (rv != CKR_OK) return leave(rv);
    CK_ATTRIBUTE label = {CKA_LABEL, sessions[s].key, LABEL};
    memset(sessions[s].key, 0, sizeof sessions[s].key);
    if (hsm->C_GetAttributeValue(h, key, &label, 1) != CKR_OK) strcpy(sessions[s].key, "?");
    for (char *c = sessions[s].key; *c; c++) /* it goes into JSON as it is */
        if (!isalnum((unsigned char)*c) && *c != ' ') *c = '?';
    sessions[s].mechanism = m->mechanism;
    return leave(CKR_OK);
}

static CK_RV Sign(CK_SESSION_HANDLE h, CK_BYTE *data, CK_ULONG len, CK_BYTE *sig, CK_ULONG *siglen) {
    int s;
    CK_RV rv = enter_session(h, &s);
    if (rv == CKR_OK) rv = hsm->C_Sign(h, data, len, sig, siglen);
    /* With no buffer the caller only asks for the length: nothing was signed. */
    if (rv == CKR_OK && sig && !write_journal(sessions[s].card, sessions[s].key, sessions[s].mechanism, data, len)) rv = CKR_GENERAL_ERROR;
    return leave(rv);
}

static CK_RV SignUpdate(CK_SESSION_HANDLE h, CK_BYTE *data, CK_ULONG len) { return CKR_FUNCTION_NOT_SUPPORTED; }
static CK_RV SignFinal(CK_SESSION_HANDLE h, CK_BYTE *sig, CK_ULONG *len) { return CKR_FUNCTION_NOT_SUPPORTED; }

/* ---- the module ---- */

/* Loads this desk's SoftHSM2. It stays loaded when the module goes: OpenSSL's exit
 * handlers do not survive being unmapped. */
static CK_RV load(void) {
    char path[PATH_MAX];
    CK_RV (*get)(CK_FUNCTION_LIST **);
    Dl_info self;
    if (hsm) return CKR_OK;
    if (!dladdr((void *)root, &self) || strlen(self.dli_fname) >= sizeof root) return CKR_GENERAL_ERROR;
    strcpy(root, self.dli_fname);
    char *slash = strrchr(root, '/');
    if (slash) *slash = 0;
    else strcpy(root, ".");
    snprintf(path, sizeof path, "%s/softhsm2.so", root);
    void *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!lib || !(get = (CK_RV(*)(CK_FUNCTION_LIST **))dlsym(lib, "C_GetFunctionList"))) return CKR_GENERAL_ERROR;
    return get(&hsm);
}

/* SoftHSM2 reads where its configuration is from the environment. Desks in one process
 * take turns (a lock on the program's own file) and leave the variable as it was. */
static CK_RV initialize_hsm(void *args) {
    char path[PATH_MAX], *before = getenv("SOFTHSM2_CONF");
    int turn = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (turn >= 0) flock(turn, LOCK_EX);
    before = before ? strdup(before) : NULL;
    snprintf(path, sizeof path, "%s/softhsm2.conf", root);
    setenv("SOFTHSM2_CONF", path, 1);
    CK_RV rv = hsm->C_Initialize(args);
    if (before) setenv("SOFTHSM2_CONF", before, 1);
    else unsetenv("SOFTHSM2_CONF");
    free(before);
    if (turn >= 0) close(turn);
    return rv;
}

/* Every token of SoftHSM2 is a card. */
static CK_RV find_cards(void) {
    CK_SLOT_ID slots[CARDS];
    CK_ULONG n = CARDS;
    CK_TOKEN_INFO info;
    CK_RV rv = hsm->C_GetSlotList(1, slots, &n);
    ncards = 0;
    for (CK_ULONG i = 0; rv == CKR_OK && i < n; i++) {
        if (hsm->C_GetTokenInfo(slots[i], &info) != CKR_OK) continue;
        int len = LABEL;
        while (len && info.label[len - 1] == ' ') len--;
        if (!len) continue; /* the free slot that SoftHSM2 always shows */
        memcpy(cards[ncards].label, info.label, len);
        cards[ncards].label[len] = 0;
        cards[ncards++].slot = slots[i];
    }
    return rv;
}

static CK_RV Initialize(void *args) {
    pthread_mutex_lock(&lock);
    if (initialized) return leave(CKR_CRYPTOKI_ALREADY_INITIALIZED);
    CK_RV rv = load();
    if (rv == CKR_OK) rv = initialize_hsm(args);
    if (rv != CKR_OK) return leave(rv);
    if ((rv = find_cards()) != CKR_OK) {
        hsm->C_Finalize(NULL);
        return leave(rv);
    }
    memset(sessions, 0, sizeof sessions);
    find_readers();
    initialized = 1;
    return leave(CKR_OK);
}

static CK_RV Finalize(void *reserved) {
    pthread_mutex_lock(&lock);
    if (!initialized) return leave(CKR_CRYPTOKI_NOT_INITIALIZED);
    initialized = 0;
    return leave(hsm->C_Finalize(reserved));
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
    static CK_FUNCTION_LIST f;
    pthread_mutex_lock(&lock);
    CK_RV rv = load();
    if (rv != CKR_OK || !list) return leave(rv != CKR_OK ? rv : CKR_ARGUMENTS_BAD);
    f = *hsm; /* what is not replaced needs an open read-only session of SoftHSM2's */
    f.C_Initialize = Initialize, f.C_Finalize = Finalize, f.C_GetFunctionList = C_GetFunctionList;
    f.C_GetSlotList = GetSlotList, f.C_GetSlotInfo = GetSlotInfo, f.C_GetTokenInfo = GetTokenInfo;
    f.C_GetMechanismList = GetMechanismList, f.C_GetMechanismInfo = GetMechanismInfo;
    f.C_InitToken = InitToken, f.C_WaitForSlotEvent = WaitForSlotEvent, f.C_SetPIN = SetPIN;
    f.C_OpenSession = OpenSession, f.C_CloseSession = CloseSession, f.C_CloseAllSessions = CloseAllSessions;
    f.C_GetSessionInfo = GetSessionInfo, f.C_Login = Login, f.C_Logout = Logout;
    f.C_GetAttributeValue = GetAttributeValue, f.C_FindObjectsInit = FindObjectsInit;
    f.C_FindObjects = FindObjects, f.C_FindObjectsFinal = FindObjectsFinal;
    f.C_SignInit = SignInit, f.C_Sign = Sign, f.C_SignUpdate = SignUpdate, f.C_SignFinal = SignFinal;
    *list = &f;
    return leave(CKR_OK);
}
