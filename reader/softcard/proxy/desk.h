/*
 * What the files of guichet-softcard.so share. module.c tells what the module is and
 * how the desk's folders look.
 *
 *   folders.c  readers, cards, tries and PINs as files
 *   control.c  how the module shall behave, told by a file that is read at each call
 *   faults.c   what goes wrong at the n-th call
 *   journal.c  what was signed, which PINs came, which windows were shown
 *   slots.c sessions.c login.c objects.c sign.c   the functions of PKCS#11
 *   module.c   SoftHSM2 loaded, the function list
 *
 * Every function runs under one lock, from enter to leave. Only a holder who types, a
 * delay and a hang let others in.
 */
#ifndef DESK_H
#define DESK_H

#define _GNU_SOURCE
#include "cryptoki.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { READERS = 16, CARDS = 128, LABEL = 32, TRIES = 3, PIN = 12, SESSIONS = 256, OBJECTS = 256, FAULTS = 8 };
enum { NO_CARD = -1, STRANGER = -2 };

/* The functions that are ours. C_Sign without buffer only asks for a length. */
#define FUNCTIONS(X)                                                                                       \
    X(Initialize) X(Finalize) X(GetInfo) X(GetSlotList) X(GetSlotInfo) X(GetTokenInfo) X(GetMechanismList)  \
    X(GetMechanismInfo) X(InitToken) X(WaitForSlotEvent) X(OpenSession) X(CloseSession) X(CloseAllSessions) \
    X(GetSessionInfo) X(Login) X(Logout) X(SetPIN) X(GetAttributeValue) X(FindObjectsInit) X(FindObjects)   \
    X(FindObjectsFinal) X(SignInit) X(SignLength) X(Sign) X(SignUpdate) X(SignFinal)
#define NUMBERED(name) F_##name,
enum function { FUNCTIONS(NUMBERED) ALL_FUNCTIONS };

/* ---- folders.c ---- */

/* What lies in a reader: the bytes of its card file; none when empty. */
struct content { char bytes[64]; int len; };

extern char root[PATH_MAX / 2]; /* the desk */
extern char readers[READERS][65]; /* never reused */
extern int nreaders;

struct print { unsigned long inode, size; struct timespec time; };

int replaced(const char *path, struct print *p);
struct content look(int reader);
int same(struct content a, struct content b);
int card_of(struct content c);
int plugged(int reader);
void find_readers(void);
int card_is(int card, const char *what, char *to, int size); /* length of cards/LABEL.WHAT, -1: none */
int tries_left(int card);
CK_RV verify(int card, const CK_BYTE *pin, CK_ULONG len);
int next_typed(char *to, int size); /* length of the oldest answer, which is taken away; -1: none yet */
void put_card(int reader, const char *name); /* NULL: take it out */
void plug(const char *reader, int in);
int mark_fired(const char *name); /* 0: it was marked before */

/* ---- control.c ---- */

enum { DATA_SHOWN, DATA_ASKED, DATA_NONE };         /* data objects in a search */
enum { TRIES_TOLD, TRIES_FINAL, TRIES_UNTOLD };     /* flags of the token */
enum { SIGNATURE_WORKS, SIGNATURE_REFUSED, SIGNATURE_FAILS }; /* the key named Signature */
enum { WORDS_PLAIN, WORDS_BELGIUM, WORDS_OPENSC };  /* return codes of a card that left, a right that was lost */
enum quirk { NONE, WRONG_SIGNATURE, SHORT_SIGNATURE, OTHER_KEY, LONG_VALUE, ENDLESS };

struct fault {
    enum function function; /* ALL_FUNCTIONS: any */
    unsigned nth;
    int once;
    char action[16], arg[72];
    unsigned seen; /* calls so far */
};

extern struct control {
    char generation[32]; /* differs in each file */
    char description[33], manufacturer[33], version[8];
    char label[33], model[17], maker[33];
    int upper, applet, slots, short_ids, keys_shown, data, always_unknown, window, keypad, tries, login_again,
        no_context, no_ecdsa, signature, words;
    struct fault faults[FAULTS];
    int nfaults;
} control;

int read_control(void); /* 0: there is one that cannot be understood */

/* ---- faults.c ---- */

extern enum quirk quirk; /* of the call that was entered last */
CK_RV misbehave(enum function f);

/* ---- journal.c ---- */

int journal_signature(int card, const char *key, CK_MECHANISM_TYPE mechanism, const CK_BYTE *data, CK_ULONG len);
void journal_pin(const char *kind, int card, CK_USER_TYPE user, CK_ULONG length, CK_RV rv, int read);
void journal_prompt(int card, const char *where, const char *key);

/* ---- module.c, sessions.c ---- */

extern pthread_mutex_t lock;
extern CK_FUNCTION_LIST *hsm; /* SoftHSM2 */
extern int initialized;

struct card {
    char label[LABEL + 1];
    CK_SLOT_ID slot;          /* SoftHSM2's */
    CK_SESSION_HANDLE keeper; /* SoftHSM2's session that stays logged in; 0: none yet */
    int logged_in;            /* to us */
    int right;                /* bought by a PIN in a window */
    int stale;                /* it left while logged in, and no slot was polled since */
};
extern struct card cards[CARDS];
extern int ncards;

struct session {
    CK_SESSION_HANDLE handle; /* SoftHSM2's own; 0: free entry */
    int reader, card, removed, polled;
    struct content content;
    CK_OBJECT_HANDLE found[OBJECTS]; /* by the search under way */
    int nfound, given, searching;
    CK_SESSION_HANDLE signing; /* SoftHSM2's session for the signature under way; 0: none */
    char key[LABEL + 1];
    int always, allowed; /* the key wants its PIN each time; it came */
    CK_MECHANISM_TYPE mechanism;
};
extern struct session sessions[SESSIONS];

CK_RV enter(enum function f);
CK_RV leave(CK_RV rv);
CK_RV enter_slot(enum function f, CK_SLOT_ID id, int *card);
CK_RV enter_session(enum function f, CK_SESSION_HANDLE h, int *s);
CK_RV gone_code(enum function f, struct session *x);
void sweep(void);
void polled(void);
CK_RV close_entry(int s);
int hidden(struct session *x, CK_OBJECT_HANDLE object);
void end_signature(struct session *x);
CK_RV prompt(CK_SESSION_HANDLE h, int *s, const char *where, CK_BYTE *pin, CK_ULONG *len);
void pad(CK_BYTE *to, size_t size, const char *text);
void nap(int milliseconds);

/* ---- the functions themselves, by file ---- */

CK_RV p_GetSlotList(CK_BYTE present, CK_SLOT_ID *list, CK_ULONG *count);
CK_RV p_GetSlotInfo(CK_SLOT_ID id, CK_SLOT_INFO *info);
CK_RV p_GetTokenInfo(CK_SLOT_ID id, CK_TOKEN_INFO *info);
CK_RV p_GetMechanismList(CK_SLOT_ID id, CK_MECHANISM_TYPE *list, CK_ULONG *count);
CK_RV p_GetMechanismInfo(CK_SLOT_ID id, CK_MECHANISM_TYPE type, void *info);
CK_RV p_InitToken(CK_SLOT_ID id, CK_BYTE *pin, CK_ULONG len, CK_BYTE *label);
CK_RV p_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved);

CK_RV p_OpenSession(CK_SLOT_ID id, CK_FLAGS flags, void *app, void *notify, CK_SESSION_HANDLE *h);
CK_RV p_CloseSession(CK_SESSION_HANDLE h);
CK_RV p_CloseAllSessions(CK_SLOT_ID id);
CK_RV p_GetSessionInfo(CK_SESSION_HANDLE h, CK_SESSION_INFO *info);

CK_RV p_Login(CK_SESSION_HANDLE h, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG len);
CK_RV p_Logout(CK_SESSION_HANDLE h);
CK_RV p_SetPIN(CK_SESSION_HANDLE h, CK_BYTE *old, CK_ULONG n, CK_BYTE *pin, CK_ULONG m);

CK_RV p_GetAttributeValue(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *list, CK_ULONG n);
CK_RV p_FindObjectsInit(CK_SESSION_HANDLE h, CK_ATTRIBUTE *list, CK_ULONG n);
CK_RV p_FindObjects(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE *list, CK_ULONG most, CK_ULONG *n);
CK_RV p_FindObjectsFinal(CK_SESSION_HANDLE h);

CK_RV p_SignInit(CK_SESSION_HANDLE h, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
CK_RV p_Sign(CK_SESSION_HANDLE h, CK_BYTE *data, CK_ULONG len, CK_BYTE *value, CK_ULONG *size);
CK_RV p_SignUpdate(CK_SESSION_HANDLE h, CK_BYTE *data, CK_ULONG len);
CK_RV p_SignFinal(CK_SESSION_HANDLE h, CK_BYTE *value, CK_ULONG *size);

#endif
