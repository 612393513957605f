package audit

// What happens to letters. The object is the letter, or for OpenLetters the batch.
const (
	RequestLetter Action = "letter.request"
	OpenLetters   Action = "letter.open" // secrets, to be drawn into the PDF of a batch
	PrintBatch    Action = "letter.print-batch"
	PrintLetter   Action = "letter.print" // the secret is wiped from here on
	AsideLetter   Action = "letter.aside" // cannot be set; the reason says why
	WaitLetter    Action = "letter.wait"  // is among those that wait again
	RemakeLetter  Action = "letter.remake"
	PostBatch     Action = "letter.post-batch"
	PostLetter    Action = "letter.post"
	ReturnLetter  Action = "letter.return"
	UseLetter     Action = "letter.use"
	ExpireLetter  Action = "letter.expire"
	ListLetters   Action = "letter.list"
)
