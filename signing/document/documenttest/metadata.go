package documenttest

import (
	"bytes"
	"encoding/xml"
	"strings"
	"time"
)

// properties reads the simple properties and the first items of lists from the XMP
// packet, by namespace and local name. An ill-formed packet has none.
func (f *file) properties() map[string]string {
	const rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	out := make(map[string]string)
	d := xml.NewDecoder(bytes.NewReader(f.data(f.root["/Metadata"])))
	name := ""
	for {
		t, err := d.Token()
		if err != nil {
			if err.Error() != "EOF" {
				return nil
			}
			return out
		}
		switch t := t.(type) {
		case xml.StartElement:
			if t.Name.Space != rdf {
				name = t.Name.Space + t.Name.Local
			}
		case xml.CharData:
			if s := strings.TrimSpace(string(t)); s != "" && out[name] == "" {
				out[name] = s
			}
		}
	}
}

const (
	nsPDFA  = "http://www.aiim.org/pdfa/ns/id/"
	nsPDFUA = "http://www.aiim.org/pdfua/ns/id/"
	nsDC    = "http://purl.org/dc/elements/1.1/"
	nsXMP   = "http://ns.adobe.com/xap/1.0/"
	nsPDF   = "http://ns.adobe.com/pdf/1.3/"
)

// identification: 6.6.2 and 6.6.4.
func identification(f *file, fail failure) {
	stream := f.dict(f.root["/Metadata"])
	if stream["/Type"] != "/Metadata" || stream["/Subtype"] != "/XML" {
		fail("catalog has no metadata stream")
		return
	}
	packet := f.data(f.root["/Metadata"])
	if !bytes.HasPrefix(packet, []byte("<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>")) {
		fail("packet has no header")
	}
	p := f.properties()
	if p[nsPDFA+"part"] != "3" || p[nsPDFA+"conformance"] != "A" {
		fail("claims part %q, conformance %q", p[nsPDFA+"part"], p[nsPDFA+"conformance"])
	}
}

// information: where Info and XMP say the same thing, they say it alike.
func information(f *file, fail failure) {
	info, p := f.dict(f.trailer["/Info"]), f.properties()
	for key, property := range map[string]string{
		"/Title": nsDC + "title", "/Author": nsDC + "creator",
		"/Creator": nsXMP + "CreatorTool", "/Producer": nsPDF + "Producer",
	} {
		if a, b := f.text(info[key]), p[property]; a != b {
			fail("%s is %q and in XMP %q", key, a, b)
		}
	}
	for key, property := range map[string]string{"/CreationDate": "CreateDate", "/ModDate": "ModifyDate"} {
		a, err := time.Parse("D:20060102150405-07'00'", f.text(info[key]))
		b, err2 := time.Parse(time.RFC3339, p[nsXMP+property])
		if err != nil || err2 != nil || !a.Equal(b) {
			fail("%s is %q and in XMP %q", key, f.text(info[key]), p[nsXMP+property])
		}
	}
}
