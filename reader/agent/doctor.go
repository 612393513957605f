package agent

import (
	"net/http"

	"guichet.example/reader/api"
	"guichet.example/reader/pinpage"
)

// doctor answers with a checkup. Each opens the card and takes seconds, so there is one
// at a time.
func (a *Agent) doctor(w http.ResponseWriter, r *http.Request, _ string) {
	if a.config.Doctor == nil {
		refuse(w, http.StatusNotFound, api.Unavailable, "this agent makes no checkup")
		return
	}
	if !a.examining.TryLock() {
		reply(w, nil, refusal{http.StatusConflict, api.Error{
			Code: api.ActionPending, Message: "a checkup is under way", State: api.OtherTab, Tries: -1}})
		return
	}
	defer a.examining.Unlock()
	lang := pinpage.ChooseLang(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"), a.config.Lang)
	reply(w, a.config.Doctor(r.Context(), lang), nil)
}
