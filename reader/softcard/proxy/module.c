/*
 * guichet-softcard.so: a PKCS#11 module that stands before SoftHSM2 and does what card
 * middleware does and SoftHSM2 cannot: cards come in and go out, wrong PINs count and
 * lock, PINs are typed on keypads and in windows, calls hang, fail, crash and lie, and
 * what a card signed is written down.
 *
 * The module finds its desk from where its own file lies:
 *
 *   DESK/guichet-softcard.so     this module, a copy of its own per desk
 *   DESK/softhsm2.so             SoftHSM2, a copy too: its state belongs to this desk
 *   DESK/softhsm2.conf           its configuration
 *   DESK/readers/NAME/card       a card in reader NAME: token label, newline, a number
 *                                that differs each time a card is put in
 *   DESK/cards/LABEL.pin         the card's PIN, as its chip would hold it
 *   DESK/cards/LABEL.tries       PIN tries left; no file: three
 *   DESK/cards/LABEL.applet      17 or 18, as on Belgian cards with RSA and EC keys
 *   DESK/control                 how to behave (control.c); no file: as SoftHSM2
 *   DESK/typed/N                 what the holder types on a keypad or in a window, in order
 *   DESK/fired/GENERATION.N      fault N of that control file happened
 *   DESK/journal, DESK/events    what happened, one JSON object a line (journal.c)
 *
 * A module that lies elsewhere answers CKR_GENERAL_ERROR to C_Initialize. Cards are
 * read-only.
 *
 *   cc -O2 -shared -fPIC -fvisibility=hidden -Wall -o guichet-softcard.so *.c -ldl -lpthread
 */
#include "desk.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

CK_FUNCTION_LIST *hsm;
int initialized;
struct card cards[CARDS];
int ncards;

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
    memset(cards, 0, sizeof cards);
    ncards = 0;
    for (CK_ULONG i = 0; rv == CKR_OK && i < n; i++) {
        if (hsm->C_GetTokenInfo(slots[i], &info) != CKR_OK) continue;
        int len = LABEL;
        while (len && info.label[len - 1] == ' ') len--;
        if (!len) continue; /* the free slot that SoftHSM2 always shows */
        memcpy(cards[ncards].label, info.label, len);
        cards[ncards++].slot = slots[i];
    }
    return rv;
}

static CK_RV p_Initialize(void *args) {
    pthread_mutex_lock(&lock);
    if (initialized) return leave(CKR_CRYPTOKI_ALREADY_INITIALIZED);
    CK_RV rv = load();
    if (rv == CKR_OK && !read_control()) rv = CKR_GENERAL_ERROR;
    if (rv == CKR_OK) rv = misbehave(F_Initialize);
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

static CK_RV p_Finalize(void *reserved) {
    CK_RV rv = enter(F_Finalize);
    if (rv != CKR_OK) return leave(rv);
    initialized = 0;
    return leave(hsm->C_Finalize(reserved));
}

static CK_RV p_GetInfo(CK_INFO *info) {
    CK_RV rv = enter(F_GetInfo);
    int major = 0, minor = 0;
    if (rv == CKR_OK) rv = hsm->C_GetInfo(info);
    if (rv != CKR_OK) return leave(rv);
    if (control.description[0]) pad(info->libraryDescription, sizeof info->libraryDescription, control.description);
    if (control.manufacturer[0]) pad(info->manufacturerID, sizeof info->manufacturerID, control.manufacturer);
    if (sscanf(control.version, "%d.%d", &major, &minor) == 2)
        info->libraryVersion.major = major, info->libraryVersion.minor = minor;
    return leave(CKR_OK);
}

/* Stands for what SoftHSM2 would do if it were there. */
static CK_RV nothing(void) { return CKR_GENERAL_ERROR; }

/* Gives the list out in any case: the binding that most Go programs use calls through
 * it whatever is answered here. */
__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
    static CK_FUNCTION_LIST f;
    if (!list) return CKR_ARGUMENTS_BAD;
    pthread_mutex_lock(&lock);
    if (load() == CKR_OK) f = *hsm; /* what is not replaced needs an open read-only session of SoftHSM2's */
    else {
        CK_RV (**entry)(void) = (CK_RV (**)(void))&f.C_Initialize;
        while ((char *)entry < (char *)(&f + 1)) *entry++ = nothing;
        f.version.major = 2, f.version.minor = 40;
    }
    f.C_Initialize = p_Initialize, f.C_Finalize = p_Finalize, f.C_GetInfo = p_GetInfo;
    f.C_GetFunctionList = C_GetFunctionList;
    f.C_GetSlotList = p_GetSlotList, f.C_GetSlotInfo = p_GetSlotInfo, f.C_GetTokenInfo = p_GetTokenInfo;
    f.C_GetMechanismList = p_GetMechanismList, f.C_GetMechanismInfo = p_GetMechanismInfo;
    f.C_InitToken = p_InitToken, f.C_WaitForSlotEvent = p_WaitForSlotEvent, f.C_SetPIN = p_SetPIN;
    f.C_OpenSession = p_OpenSession, f.C_CloseSession = p_CloseSession, f.C_CloseAllSessions = p_CloseAllSessions;
    f.C_GetSessionInfo = p_GetSessionInfo, f.C_Login = p_Login, f.C_Logout = p_Logout;
    f.C_GetAttributeValue = p_GetAttributeValue, f.C_FindObjectsInit = p_FindObjectsInit;
    f.C_FindObjects = p_FindObjects, f.C_FindObjectsFinal = p_FindObjectsFinal;
    f.C_SignInit = p_SignInit, f.C_Sign = p_Sign, f.C_SignUpdate = p_SignUpdate, f.C_SignFinal = p_SignFinal;
    *list = &f;
    return leave(CKR_OK);
}
