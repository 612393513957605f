package audit

// Looks at what the insurance system knows of a member: one row for each person they
// tell of.
const (
	ReadCover        Action = "cover.read"
	ReadMedicalFiles Action = "rights.medical-files"
	ReadMaf          Action = "rights.maf"
	ReadSavings      Action = "rights.savings"
	ReadAgreements   Action = "rights.agreements"
	ReadIndemnities  Action = "indemnity.list"        // periods, appointments, what was paid
	ReadAppointment  Action = "indemnity.appointment" // its calendar file
	ReadEuropeanCard Action = "cover.european-card"   // what a certificate is made of
	ReadStatement    Action = "indemnity.statement"   // what a statement is made of
	// ListAppointments is what the medical adviser's desk sees of a day: one row for the
	// reading, without a member, and one for each person it shows.
	ListAppointments Action = "appointment.list"
)
