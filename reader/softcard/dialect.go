package softcard

// Dialect is how a module speaks: what it calls itself and its cards, what it shows and
// hides, and in which words it reports what went wrong. The zero value is SoftHSM2's.
type Dialect struct {
	Name string // for tests to print

	Description, Manufacturer, Version string // of the library; "": SoftHSM2's
	Label, Model, TokenManufacturer    string // of the token; "": SoftHSM2's, the label is the card's name
	UpperSerial                        bool   // hexadecimal letters of the token's serial number
	Applet                             bool   // the slot's firmware version tells 0x17 (RSA) or 0x18 (EC)

	Slots       int         // per reader, the first of them used; 0: one
	ShortIDs    bool        // CKA_ID of one byte, not a CK_ULONG
	ShowsKeys   bool        // private keys are visible before login
	Data        DataObjects // whether searches return the card's files
	NoAlways    bool        // CKA_ALWAYS_AUTHENTICATE is an unknown attribute
	NoContext   bool        // a context-specific login is CKR_USER_TYPE_INVALID
	NoECDSA     bool        // EC keys are shown and cannot sign
	Signature   SignatureKey
	Keypad      bool      // CKF_PROTECTED_AUTHENTICATION_PATH; the PIN comes from Desk.Type
	Window      bool      // no CKF_LOGIN_REQUIRED, C_Login says OK to anything, C_Sign asks: Desk.Type
	Tries       TriesTold // which of the token's PIN flags are ever set
	LoginAgain  bool      // a second login is CKR_OK whatever the PIN
	ReturnCodes Codes     // of a card that left and a PIN right that was lost
}

// DataObjects says when a search returns data objects.
type DataObjects string

// When.
const (
	DataShown DataObjects = ""      // always
	DataAsked DataObjects = "asked" // when the search names a class
	DataNone  DataObjects = "none"  // never
)

// SignatureKey says what the key named Signature does.
type SignatureKey string

// What.
const (
	SignatureWorks   SignatureKey = ""
	SignatureRefused SignatureKey = "refused" // CKR_FUNCTION_NOT_SUPPORTED at C_Sign
	SignatureFails   SignatureKey = "fails"   // CKR_FUNCTION_FAILED at C_Sign
)

// TriesTold says which flags tell how many PIN tries are left.
type TriesTold string

// Which.
const (
	TellsTries    TriesTold = ""       // COUNT_LOW, FINAL_TRY and LOCKED
	TellsFinalTry TriesTold = "final"  // FINAL_TRY alone
	TellsNothing  TriesTold = "untold" // none
)

// Codes names a set of return codes.
type Codes string

// Whose.
const (
	PlainCodes   Codes = ""        // CKR_DEVICE_REMOVED for good, CKR_USER_NOT_LOGGED_IN
	BelgianCodes Codes = "belgium" // CKR_GENERAL_ERROR with a handle in hand, CKR_FUNCTION_FAILED
	OpenSCCodes  Codes = "opensc"  // also CKR_SESSION_HANDLE_INVALID once polled, and logins that outlive cards
)

// The modules that members have, as measured with libbeidpkcs11 5.1 and OpenSC 0.23.
var (
	// SoftHSM2 says everything and hides private keys.
	SoftHSM2 = Dialect{Name: "SoftHSM2"}
	// Belgium is the Belgian middleware as it is installed: its own PIN windows.
	Belgium = Dialect{
		Name: "Belgium", Description: "Belgium eID PKCS#11 interface v2", Manufacturer: "Belgium Government", Version: "5.1",
		Label: "BELPIC", Model: "Belgium eID", TokenManufacturer: "Belgium Government", UpperSerial: true, Applet: true,
		ShowsKeys: true, Data: DataAsked, NoAlways: true, NoContext: true, Window: true,
		Tries: TellsNothing, LoginAgain: true, ReturnCodes: BelgianCodes,
	}
	// BelgiumBare is the same built without windows: C_Login counts, the signature key
	// cannot ask and fails.
	BelgiumBare = without(Belgium)
	// OpenSC serves RSA cards; from 0.27 also EC cards, see OpenSCNew.
	OpenSC = Dialect{
		Name: "OpenSC", Description: "OpenSC smartcard framework", Manufacturer: "OpenSC Project", Version: "0.23",
		Label: "BELPIC (Basic PIN)", Model: "PKCS#15", TokenManufacturer: "(unknown)",
		Slots: 4, ShortIDs: true, Data: DataNone, NoECDSA: true, Signature: SignatureRefused,
		Tries: TellsFinalTry, ReturnCodes: OpenSCCodes,
	}
	// OpenSCNew is OpenSC 0.27: ECDSA works.
	OpenSCNew = newer(OpenSC)
)

func without(d Dialect) Dialect {
	d.Name, d.Window, d.Signature = "Belgium without windows", false, SignatureFails
	return d
}

func newer(d Dialect) Dialect {
	d.Name, d.Version, d.NoECDSA = "OpenSC 0.27", "0.27", false
	return d
}

// WithKeypad is the dialect with a reader that has a keypad.
func (d Dialect) WithKeypad() Dialect {
	d.Name, d.Keypad = d.Name+" with keypad", true
	return d
}
