package audit

// CheckDocument is a document of the vault that somebody checked, by what is printed on it
// or by its file; Reason says which. Who it was is not known.
const CheckDocument Action = "document.check"
