package main

import (
	"encoding/json"
	"io"

	"github.com/rogpeppe/go-internal/testscript"

	"guichet.example/reader/api"
	"guichet.example/reader/doctor"
)

// explains FILE : the support code of the checkup in FILE says what its checks say
func scriptExplains(ts *testscript.TestScript, _ bool, args []string) {
	var c api.Checkup
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &c))
	report, err := doctor.ParseCode(c.Code)
	ts.Check(err)
	for i, check := range report.Checks("en") {
		if check.ID != c.Checks[i].ID || check.Outcome != c.Checks[i].Outcome || check.Title != c.Checks[i].Title {
			ts.Fatalf("the code says %+v, the checkup %+v", check, c.Checks[i])
		}
	}
	ts.Check(explainCode(io.Discard, c.Code, "en"))
}
