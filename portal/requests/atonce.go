package requests

import (
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// AtOnce says that what the member asks is in force once her signature holds, or her
// approval is sealed: no advisor answers.
func AtOnce(k document.Kind) bool {
	return k == document.KindAccessBlock || k == document.KindAccessAllow
}

// trackAtOnce is the track of such a request: nobody stands between her and its effect.
func (q *Requests) trackAtOnce(v page.View, r Request) []page.TrackStep {
	method := string(q.wording(v, r))
	signed := page.TrackStep{State: page.Done, Text: v.T("requests.track.signed." + method), Detail: locale.DateTime(v.Lang, r.SignedAt)}
	effect := page.TrackStep{State: page.Next, Text: v.T("requests.track.at-once")}
	switch r.State {
	case ToSign:
		return []page.TrackStep{
			{State: page.Done, Text: v.T("requests.track.prepared"), Detail: locale.Date(v.Lang, r.Created)},
			{State: page.Now, Text: v.T("requests.track.sign." + method)}, effect}
	case Pending:
		return []page.TrackStep{signed, {State: page.Now, Text: v.T("requests.track.checking")}, effect}
	}
	effect.State = page.Done
	return []page.TrackStep{signed, effect}
}
