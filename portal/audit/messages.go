package audit

// What members write, and what is answered.
const (
	SendMessage   Action = "message.send"
	ReadMessage   Action = "message.read"
	AnswerMessage Action = "message.answer" // by the member, what was asked
	OpenAttached  Action = "message.file"   // its bytes
	SetNotices    Action = "notice.set"     // which mails a member wants
)
