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

// Rule is one line of the access table.
type Rule struct {
	Act  Act
	Need Assurance // at least this
	// Only, if not empty, is the one method that will do whatever the assurance.
	Only Method
	// Fresh says that the session alone is not enough: the act itself asks for a
	// proof of its own, a card signature or a new federal login for this document.
	Fresh bool
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
	{Act: ChangeContact, Need: Substantial,
		Reason: "letters and recovery codes follow the contact data"},
	{Act: ChangeBankAccount, Need: Substantial, Fresh: true,
		Reason: "money follows the account"},
	{Act: GiveMandate, Need: Substantial, Fresh: true,
		Reason: "gives another person rights over the file"},
	{Act: BlockAccess, Need: Substantial, Fresh: true,
		Reason: "shuts the member out"},
	{Act: Approve, Need: Substantial, Only: Federal, Fresh: true,
		Reason: "consent by a federal login made for this document, sealed by the mutuality"},
	{Act: Sign, Need: High, Only: Card, Fresh: true,
		Reason: "only the card holds the member's signature key"},
}

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

// Acts lists every act, in the order of the table. The slice is the caller's.
func Acts() []Act {
	acts := make([]Act, len(table))
	for i, rule := range table {
		acts[i] = rule.Act
	}
	return acts
}
