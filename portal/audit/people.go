package audit

// Who may see whom. The object is the holder whose access it is; the member is the
// person who is seen.
const (
	ReadAccess   Action = "access.read"
	AskAccess    Action = "access.ask"    // of age: a letter asks whether the holder keeps it
	ChangeAccess Action = "access.change" // the reason is what holds from now on, and on what ground
	PrintAccess  Action = "access.form"   // the form to be signed by hand was drawn

	ListLooks Action = "looks.list" // who looked at my file

	ReadContact   Action = "contact.read"
	ChangeContact Action = "contact.change" // the object is the field
)
