package documenttest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"guichet.example/signing/document"
)

// drawn is a document that keeps all rules, with a printed check.
func drawn(t *testing.T) []byte {
	t.Helper()
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	act := document.EHICOrder{
		Reference: "GC-1", Language: document.FR, Date: day,
		Mutuality:  document.Mutuality{Name: "Mutualité", Street: "Rue 1", Postcode: "4000", City: "Liège"},
		Member:     document.Person{Name: "Zoë Lambert", Birth: day},
		ForPersons: []string{"Zoë Lambert"},
		DeliverTo:  []string{"Rue 2", "4000 Liège"},
	}
	check, err := document.NewCheck(act, "https://guichet.example/check", "m", 1)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if check.Payload, err = check.Payload.Sign(key); err != nil {
		t.Fatal(err)
	}
	d, err := document.DrawChecked(act, day, &check)
	if err != nil {
		t.Fatal(err)
	}
	return d.PDF
}

// edit replaces one thing in an object's decoded stream.
func edit(t *testing.T, f *file, ref any, old, new string) {
	t.Helper()
	s, ok := ref.(string)
	if !ok || !bytes.Contains(f.objects[s].data, []byte(old)) {
		t.Fatalf("nothing to plant the fault in: %v has no %q", ref, old)
	}
	f.objects[s].data = bytes.Replace(f.objects[s].data, []byte(old), []byte(new), 1)
}

// Every rule goes red on a fault planted for it, and says which clause is broken.
func TestRulesFindPlantedFaults(t *testing.T) {
	firstFont := func(f *file) dict {
		return f.dict(f.dict(f.dict(f.dict(f.pages()[0])["/Resources"])["/Font"])["/R"])
	}
	descendant := func(f *file) dict { return f.dict(f.array(firstFont(f)["/DescendantFonts"])[0]) }
	contents := func(f *file) any { return f.dict(f.pages()[0])["/Contents"] }
	annotate := func(f *file, a dict) {
		f.objects["900 0 R"] = &object{value: a}
		f.dict(f.pages()[0])["/Annots"] = []any{"900 0 R"}
	}
	pdf := drawn(t)
	model, err := read(pdf)
	if err != nil {
		t.Fatal(err)
	}
	box := []any{10.0, 10.0, 90.0, 40.0}
	for _, fault := range []struct {
		want  string // clause and name of the rule that must notice
		plant func(t *testing.T, f *file)
	}{
		{"6.1.2 header", func(_ *testing.T, f *file) { f.raw = bytes.Replace(f.raw, []byte("%PDF-1.7"), []byte("%!PDF-1.7"), 1) }},
		{"6.1.2 header", func(_ *testing.T, f *file) { f.raw = bytes.Replace(f.raw, []byte("%\xE2"), []byte("%a"), 1) }},
		{"6.1.3 trailer", func(_ *testing.T, f *file) { delete(f.trailer, "/ID") }},
		{"6.1.3 trailer", func(_ *testing.T, f *file) { f.trailer["/Encrypt"] = dict{} }},
		{"6.1.3 trailer", func(_ *testing.T, f *file) { f.raw = append(f.raw, "more"...) }},
		{"6.1.7 streams", func(t *testing.T, f *file) { f.dict(contents(f))["/Filter"] = "/LZWDecode" }},
		{"6.1.7 streams", func(t *testing.T, f *file) { f.dict(contents(f))["/F"] = "u:elsewhere" }},
		{"6.2.3 output intent", func(_ *testing.T, f *file) { delete(f.root, "/OutputIntents") }},
		{"6.2.3 output intent", func(_ *testing.T, f *file) { f.dict(f.array(f.root["/OutputIntents"])[0])["/S"] = "/GTS_PDFX" }},
		{"6.2.3 output intent", func(t *testing.T, f *file) {
			edit(t, f, f.dict(f.array(f.root["/OutputIntents"])[0])["/DestOutputProfile"], "RGB ", "CMYK")
		}},
		{"6.2.4 colour", func(t *testing.T, f *file) { edit(t, f, contents(f), " rg\n", " 0 k\n") }},
		{"6.2.8 XObjects", func(_ *testing.T, f *file) { f.dict(f.pages()[0])["/Group"] = dict{} }},
		{"6.2.8 XObjects", func(_ *testing.T, f *file) {
			f.objects["901 0 R"] = &object{value: dict{"/Subtype": "/Image", "/OPI": 1.0}}
		}},
		{"6.2.11.3 composite fonts", func(_ *testing.T, f *file) { delete(descendant(f), "/CIDToGIDMap") }},
		{"6.2.11.3 composite fonts", func(_ *testing.T, f *file) { firstFont(f)["/Subtype"] = "/Type1" }},
		{"6.2.11.4 embedding", func(_ *testing.T, f *file) { delete(f.dict(descendant(f)["/FontDescriptor"]), "/FontFile2") }},
		{"6.2.11.5 metrics", func(_ *testing.T, f *file) { f.array(f.array(descendant(f)["/W"])[1])[0] = 1.0 }},
		{"6.2.11.7 Unicode maps", func(t *testing.T, f *file) { edit(t, f, firstFont(f)["/ToUnicode"], "<0003>", "<9999>") }},
		{"6.2.11.8 missing glyph", func(t *testing.T, f *file) { edit(t, f, contents(f), "[<0001", "[<0000") }},
		{"6.3 annotations", func(_ *testing.T, f *file) { annotate(f, dict{"/Subtype": "/Text", "/F": 4.0, "/Rect": box}) }},
		{"6.3 annotations", func(_ *testing.T, f *file) {
			annotate(f, dict{"/Subtype": "/Widget", "/F": 6.0, "/Rect": []any{0.0, 0.0, 0.0, 0.0}})
		}},
		{"6.3 annotations", func(_ *testing.T, f *file) { annotate(f, dict{"/Subtype": "/Widget", "/F": 4.0, "/Rect": box}) }},
		{"6.4 forms", func(_ *testing.T, f *file) { f.root["/AcroForm"] = dict{"/NeedAppearances": true} }},
		{"6.5 actions", func(_ *testing.T, f *file) { f.root["/OpenAction"] = dict{} }},
		{"6.5 actions", func(_ *testing.T, f *file) { f.objects["902 0 R"] = &object{value: dict{"/S": "/JavaScript"}} }},
		{"6.6.2 metadata", func(t *testing.T, f *file) { edit(t, f, f.root["/Metadata"], "<pdfaid:part>3", "<pdfaid:part>2") }},
		{"6.6.2 metadata", func(_ *testing.T, f *file) { delete(f.root, "/Metadata") }},
		{"6.6.3 document information", func(t *testing.T, f *file) { edit(t, f, f.root["/Metadata"], "Commande", "Demande") }},
		{"6.6.3 document information", func(t *testing.T, f *file) { edit(t, f, f.root["/Metadata"], "CreateDate>2026", "CreateDate>2025") }},
		{"6.1.4 cross-reference", func(_ *testing.T, f *file) { f.raw = bytes.Replace(f.raw, []byte("xref\n0 "), []byte("xref 0 "), 1) }},
		{"6.1.6 strings", func(_ *testing.T, f *file) { f.raw = bytes.Replace(f.raw, []byte("/ID[<"), []byte("/ID[<0"), 1) }},
		{"6.1.8 names", func(_ *testing.T, f *file) { f.root["/"+strings.Repeat("x", 128)] = true }},
		{"6.1.10 inline images", func(t *testing.T, f *file) { edit(t, f, contents(f), "EMC\n", "EMC\nBI\n") }},
		{"6.1.12 permissions", func(_ *testing.T, f *file) { f.root["/Perms"] = dict{"/FieldMDP": dict{}} }},
		{"6.1.13 limits", func(_ *testing.T, f *file) { f.dict(f.pages()[0])["/MediaBox"] = []any{0.0, 0.0, 2.0, 800.0} }},
		{"6.1.13 limits", func(_ *testing.T, f *file) { f.root["/X"] = "u:" + strings.Repeat("x", 32768) }},
		{"6.2.2 operators", func(t *testing.T, f *file) { edit(t, f, contents(f), "EMC\n", "EMC\nBX\n") }},
		{"6.2.2 operators", func(t *testing.T, f *file) { edit(t, f, contents(f), "EMC\n", "EMC\nq\n") }},
		{"6.4.3 signatures", func(_ *testing.T, f *file) {
			f.objects["903 0 R"] = &object{value: dict{"/ByteRange": []any{0.0, 10.0, 20.0, 5.0}}}
		}},
		{"6.6.2.3.3 extension", func(t *testing.T, f *file) {
			edit(t, f, f.root["/Metadata"], "URI>http://www.aiim.org/pdfua", "URI>http://x")
		}},
		{"6.7.2.2 mark", func(_ *testing.T, f *file) { f.root["/MarkInfo"] = dict{} }},
		{"6.7.2.2 mark", func(_ *testing.T, f *file) { f.dict(f.root["/MarkInfo"])["/Suspects"] = true }},
		{"6.7.3 structure", func(_ *testing.T, f *file) { delete(f.root, "/StructTreeRoot") }},
		{"6.7.3 structure", func(_ *testing.T, f *file) { f.each(func(_ string, d dict) { swap(d, "/S", "/H1", "/Paragraph") }) }},
		{"6.7.3 structure", func(_ *testing.T, f *file) { f.dict(f.root["/StructTreeRoot"])["/RoleMap"] = dict{"/P": "/H1"} }},
		{"6.7.3 structure", func(_ *testing.T, f *file) {
			f.each(func(_ string, d dict) {
				if d["/S"] == "/TD" {
					d["/P"] = f.trailer["/Root"]
				}
			})
		}},
		{"6.7.4 language", func(_ *testing.T, f *file) { delete(f.root, "/Lang") }},
		{"6.7.4 language", func(_ *testing.T, f *file) {
			f.each(func(_ string, d dict) {
				if d["/S"] == "/H1" {
					d["/Lang"] = "u:Deutsch"
				}
			})
		}},
		{"UA 5 claim", func(t *testing.T, f *file) { edit(t, f, f.root["/Metadata"], "<pdfuaid:part>1", "<pdfuaid:part>2") }},
		{"UA 7.1 tagged content", func(t *testing.T, f *file) { edit(t, f, contents(f), "/Artifact BMC\n", "BT\n") }},
		{"UA 7.1 tagged content", func(t *testing.T, f *file) { edit(t, f, contents(f), "/MCID 0>>", "/MCID 77>>") }},
		{"UA 7.1 tagged content", func(t *testing.T, f *file) { edit(t, f, contents(f), "EMC\n", "/Artifact BMC\nEMC\nEMC\n") }},
		{"UA 7.3 figures", func(_ *testing.T, f *file) { f.each(func(_ string, d dict) { delete(d, "/Alt") }) }},
		{"UA 7.3 figures", func(_ *testing.T, f *file) { f.each(func(_ string, d dict) { delete(d, "/BBox") }) }},
		{"UA 7.4 headings", func(_ *testing.T, f *file) { f.each(func(_ string, d dict) { swap(d, "/S", "/H1", "/P") }) }},
		{"UA 7.4 headings", func(_ *testing.T, f *file) { f.each(func(_ string, d dict) { swap(d, "/S", "/H2", "/H3") }) }},
		{"UA 7.4 headings", func(_ *testing.T, f *file) { f.each(func(_ string, d dict) { swap(d, "/S", "/H2", "/H") }) }},
		{"UA 7.5 tables", func(_ *testing.T, f *file) { f.each(func(_ string, d dict) { swap(d, "/S", "/TR", "/P") }) }},
		{"UA 7.5 tables", func(_ *testing.T, f *file) { f.each(func(_ string, d dict) { swap(d, "/Scope", "/Row", "/Cell") }) }},
		{"UA 7.5 tables", func(_ *testing.T, f *file) { f.each(func(_ string, d dict) { swap(d, "/S", "/TH", "/TD") }) }},
		{"UA 7.5 tables", func(_ *testing.T, f *file) {
			cut := false
			f.walk(func(n node) {
				if n.dict["/S"] == "/TR" && !cut {
					n.dict["/K"], cut = f.array(n.dict["/K"])[:1], true
				}
			})
		}},
		{"UA 7.18.1 widgets", func(_ *testing.T, f *file) {
			annotate(f, dict{"/Subtype": "/Widget", "/F": 4.0, "/Rect": box, "/TU": "u:x"})
		}},
		{"UA 7.18.1 widgets", func(_ *testing.T, f *file) { annotate(f, dict{"/Subtype": "/Widget", "/F": 4.0, "/Rect": box}) }},
		{"6.8 embedded files", func(_ *testing.T, f *file) { delete(f.root, "/AF") }},
		{"6.8 embedded files", func(_ *testing.T, f *file) { f.dict(f.array(f.root["/AF"])[0])["/AFRelationship"] = "/Friend" }},
		{"6.8 embedded files", func(_ *testing.T, f *file) {
			f.each(func(_ string, d dict) { swap(d, "/Subtype", "/application/json", "/json") })
		}},
		{"6.9 nothing", func(_ *testing.T, f *file) { f.root["/OCProperties"] = dict{} }},
		{"UA 7.1 title", func(_ *testing.T, f *file) { delete(f.root, "/ViewerPreferences") }},
		{"UA 7.1 title", func(t *testing.T, f *file) { edit(t, f, f.root["/Metadata"], "dc:title>", "dc:titre>") }},
		{"UA 7.18.3 tab", func(_ *testing.T, f *file) { delete(f.dict(f.pages()[0]), "/Tabs") }},
	} {
		f, err := parse(bytes.Clone(pdf), model)
		if err != nil {
			t.Fatal(err)
		}
		fault.plant(t, f)
		if list := strings.Join(f.problems(), "\n"); !strings.Contains(list, fault.want) {
			t.Errorf("no problem under %q, got %q", fault.want, list)
		}
	}
}

func swap(d dict, key, old, new string) {
	if d[key] == old {
		d[key] = new
	}
}

func TestLoadRefusesWhatNeedsRepair(t *testing.T) {
	pdf := drawn(t)
	for name, broken := range map[string][]byte{
		"empty":     nil,
		"text":      []byte("hello"),
		"truncated": pdf[:len(pdf)-60],
		"offset":    bytes.Replace(pdf, []byte("0000000015 00000 n"), []byte("0000000016 00000 n"), 1),
	} {
		if _, err := load(broken); err == nil {
			t.Errorf("load(%s) found nothing wrong", name)
		}
	}
}

func TestDrawnDocumentKeepsTheRules(t *testing.T) { CheckPDFA(t, drawn(t)) }
