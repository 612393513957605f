package audit

// What is done with requests by the office, and what guards changes of account.
const (
	AgreeBankChange Action = "bank.agree" // by the first of two officers
	StopBankChange  Action = "bank.stop"  // by its link, or by the member
	ApplyBankChange Action = "bank.apply" // it is in force from then on

	AskMember    Action = "request.ask"    // for what a request lacks
	AnswerOffice Action = "request.answer" // by her
	OpenAnswer   Action = "request.open"   // a file of her answer, by an officer

	ChangeTemplate Action = "template.change" // of answers

	ExportBatch Action = "export.batch" // given to the insurance system
	AckBatch    Action = "export.ack"   // it has it
)
