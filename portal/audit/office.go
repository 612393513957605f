package audit

// Office is the method of rows of staff: Actor is the id of an officer, or Command.
const Office = "office"

// Command is the actor of what was done at the office's command line.
const Command = "command"

// ByCard stands behind the reason of a row where the person's own card, with its PIN, opened
// her file at an officer's reader.
const ByCard = " by card"

// The actions of staff, and those on staff and their work.
const (
	OfficeSignIn  Action = "office.sign-in"
	OfficeSignOut Action = "office.sign-out"

	ListStaff    Action = "staff.list"
	AddStaff     Action = "staff.add"
	ChangeStaff  Action = "staff.change"
	DisableStaff Action = "staff.disable"
	EnableStaff  Action = "staff.enable"
	ReadActs     Action = "staff.audit" // what staff did

	MakeTask    Action = "task.make"
	ListTasks   Action = "task.list"
	ReadTask    Action = "task.read"
	TakeTask    Action = "task.take"
	ReleaseTask Action = "task.release"
	AssignTask  Action = "task.assign"
	CloseTask   Action = "task.close"
	OpenTaskPDF Action = "task.document"

	SearchFile    Action = "file.search"
	OpenFile      Action = "file.open"
	ReadFile      Action = "file.read"
	CheckIdentity Action = "identity.check"
	EnrolMember   Action = "identity.enrol"
	AskEmail      Action = "identity.email" // a link was sent to another address

	DisableAccount Action = "account.disable"
	EnableAccount  Action = "account.enable"
)
