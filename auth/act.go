package auth

// Act is something one may do at the counter. Each route names exactly one.
type Act string

// The acts. Their order is the order of the table below.
const (
	// Public needs no login: the door, help, the check of a document.
	Public Act = "public"
	// ReadFile reads one's own file: contract, cover, contact data, requests.
	ReadFile Act = "read-file"
	// ReadHealth reads what tells of care: refunds, agreements, care documents.
	ReadHealth Act = "read-health"
	// ReadDocuments lists and opens the documents of one's own vault.
	ReadDocuments Act = "read-documents"
	// OrderDocument orders a card, a certificate, vignettes.
	OrderDocument Act = "order-document"
	// SendMessage writes to the mutuality.
	SendMessage Act = "send-message"
	// MakeRequest makes a request without effect on money or rights, or withdraws one.
	MakeRequest Act = "make-request"
	// ChangePreferences changes language and notices, nothing that mail or money follows.
	ChangePreferences Act = "change-preferences"
	// ChangeCredentials changes how the member gets in: her password, the address she
	// signs in with.
	ChangeCredentials Act = "change-credentials"
	// ChangeContact changes address, telephone, e-mail.
	ChangeContact Act = "change-contact"
	// ChangeBankAccount asks for money to go elsewhere.
	ChangeBankAccount Act = "change-bank-account"
	// GiveMandate lets someone else act, or ends that.
	GiveMandate Act = "give-mandate"
	// BlockAccess closes the online file.
	BlockAccess Act = "block-access"
	// Approve gives consent with a federal token for one document, which the
	// mutuality then seals. It is not a signature.
	Approve Act = "approve"
	// Sign puts the member's own signature under a document.
	Sign Act = "sign"
)

// Acts of staff, each opened by roles and by a card only. Their order is that of their
// table below.
const (
	// OfficeDoor needs no login: the page on which staff sign in, and the way out.
	OfficeDoor Act = "office-door"
	// OfficeDesk is what every officer has: the office's first page.
	OfficeDesk Act = "office-desk"
	// WorkQueue reads the queue, takes items, answers and closes them.
	WorkQueue Act = "work-queue"
	// OpenFile searches for a person and reads her file, with a reason each time.
	OpenFile Act = "open-file"
	// CheckIdentity records who proved to be whom, by which papers, and takes another
	// e-mail address from her then.
	CheckIdentity Act = "check-identity"
	// EnrolMember gives a person a way in: a code in a sealed letter, or her card.
	EnrolMember Act = "enrol-member"
	// PrintLetters prints, posts and takes back letters whose codes it never shows.
	PrintLetters Act = "print-letters"
	// ReadAppointments sees who comes to the medical adviser on a day, and when.
	ReadAppointments Act = "read-appointments"
	// ManageAccounts disables and reactivates members' accounts.
	ManageAccounts Act = "manage-accounts"
	// SignForMember signs a document of the mutuality and puts it into a member's vault.
	SignForMember Act = "sign-for-member"
	// ManageStaff adds staff, gives and takes roles.
	ManageStaff Act = "manage-staff"
	// ManageKiosks pairs and revokes kiosks.
	ManageKiosks Act = "manage-kiosks"
	// ManageTemplates writes the answers that advisors begin with.
	ManageTemplates Act = "manage-templates"
	// ManageJobs sees what could not be done in the background, and has it tried again.
	ManageJobs Act = "manage-jobs"
	// ReadAuditOfStaff reads what staff did.
	ReadAuditOfStaff Act = "read-audit-of-staff"
)

// Rule is one line of the access table.
type Rule struct {
	Act  Act
	Need Assurance // at least this
	// Only, if not empty, is the one method that will do whatever the assurance.
	Only Method
	// Fresh says that the session alone is not enough: the act itself asks for a
	// proof of its own, a card signature or a new federal login for this document.
	Fresh bool
	// Roles, if not empty, make it an act of staff: any one of them opens it.
	Roles []Role
	// Reason is why, in one sentence; it goes into the audit trail.
	Reason string
}

// table is what each level opens as shipped. A mutuality may ask more (or, down to
// the floor, less) by Policy.Needs.
var table = []Rule{
	{Act: Public, Need: None,
		Reason: "shows nothing personal"},
	{Act: ReadFile, Need: Low,
		Reason: "one's own file, behind at least a password"},
	{Act: ReadHealth, Need: Low,
		Reason: "care data, open to a password only where the mutuality allows it"},
	{Act: ReadDocuments, Need: Low,
		Reason: "one's own documents, behind at least a password"},
	{Act: OrderDocument, Need: Low,
		Reason: "goes to the address on file, moves neither money nor rights"},
	{Act: SendMessage, Need: Low,
		Reason: "moves neither money nor rights"},
	{Act: MakeRequest, Need: Low,
		Reason: "moves neither money nor rights"},
	{Act: ChangePreferences, Need: Low,
		Reason: "moves neither money nor rights nor mail"},
	{Act: ChangeCredentials, Need: Low, Fresh: true,
		Reason: "asks for the current password or a fresh sign-in by card"},
	{Act: ChangeContact, Need: Substantial,
		Reason: "letters and recovery codes follow the contact data"},
	{Act: ChangeBankAccount, Need: Substantial, Fresh: true,
		Reason: "money follows the account"},
	{Act: GiveMandate, Need: Substantial, Fresh: true,
		Reason: "gives another person rights over the file"},
	{Act: BlockAccess, Need: Substantial, Fresh: true,
		Reason: "shuts the member out"},
	// Whatever the session began with: a card may hold no signature certificate.
	{Act: Approve, Need: Substantial, Fresh: true,
		Reason: "consent by a federal login made for this document, sealed by the mutuality"},
	{Act: Sign, Need: High, Only: Card, Fresh: true,
		Reason: "only the card holds the member's signature key"},
}

// staffTable is what each role opens.
var staffTable = []Rule{
	{Act: OfficeDoor, Need: None,
		Reason: "shows nothing of the office"},
	{Act: OfficeDesk, Need: High, Only: Card, Roles: roles,
		Reason: "the office is for staff"},
	{Act: WorkQueue, Need: High, Only: Card, Roles: []Role{Advisor, ContactPoint},
		Reason: "members' requests are for those who answer them"},
	{Act: OpenFile, Need: High, Only: Card, Roles: []Role{Advisor, ContactPoint},
		Reason: "a file is for those who help its member, with a reason each time"},
	{Act: CheckIdentity, Need: High, Only: Card, Roles: []Role{Advisor, ContactPoint},
		Reason: "who meets the person checks her papers"},
	{Act: EnrolMember, Need: High, Only: Card, Roles: []Role{ContactPoint},
		Reason: "a way in is handed over at a contact point"},
	{Act: PrintLetters, Need: High, Only: Card, Roles: []Role{Mailroom},
		Reason: "letters are the mailroom's"},
	{Act: ReadAppointments, Need: High, Only: Card, Roles: []Role{MedicalDesk},
		Reason: "who comes to the medical adviser is for those who receive them"},
	{Act: ManageAccounts, Need: High, Only: Card, Roles: []Role{Advisor},
		Reason: "shuts a member out or lets her in again"},
	{Act: SignForMember, Need: High, Only: Card, Fresh: true, Roles: []Role{Advisor},
		Reason: "speaks to a member in the mutuality's name"},
	{Act: ManageStaff, Need: High, Only: Card, Roles: []Role{Administrator},
		Reason: "gives others rights over members' files"},
	{Act: ManageKiosks, Need: High, Only: Card, Roles: []Role{Administrator},
		Reason: "makes a machine a door of the counter"},
	{Act: ManageTemplates, Need: High, Only: Card, Roles: []Role{Administrator},
		Reason: "speaks to all members in the mutuality's words"},
	{Act: ManageJobs, Need: High, Only: Card, Roles: []Role{Administrator},
		Reason: "repeats work of the system"},
	{Act: ReadAuditOfStaff, Need: High, Only: Card, Roles: []Role{Administrator},
		Reason: "the watch over staff is not theirs"},
}

// Staff says that the act is one of the office, where the officer's session counts and
// a member's never does.
func (r Rule) Staff() bool { return len(r.Roles) > 0 || r.Act == OfficeDoor }

// floors are the levels below which no setting may go: what moves money or rights
// never opens to a password, and nothing personal opens to no login at all.
func (r Rule) floor() Assurance {
	switch {
	case r.Act == Public:
		return None
	case r.Need >= Substantial:
		return r.Need
	}
	return Low
}

// Acts lists every act of members, in the order of the table. The slice is the caller's.
func Acts() []Act { return actsOf(table) }

// StaffActs lists every act of staff, in the order of their table. The slice is the
// caller's.
func StaffActs() []Act { return actsOf(staffTable) }

func actsOf(table []Rule) []Act {
	acts := make([]Act, len(table))
	for i, rule := range table {
		acts[i] = rule.Act
	}
	return acts
}
