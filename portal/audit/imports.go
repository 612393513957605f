package audit

// ImportBatch is lines of a file of the insurance system, taken in by one commit. Members
// in it who are new or changed have a row of their own (Import).
const ImportBatch Action = "import.batch"

// ListImports is an administrator's look at what was imported.
const ListImports Action = "import.list"

// TakeAway is rows that a complete delivery of the insurance system does not hold any more,
// ended or taken away by one commit. Members whose membership ended have a row of their own.
const TakeAway Action = "import.take-away"
