package document

import (
	"encoding/xml"
	"strings"
	"time"
)

// metadata is what the Info dictionary and the XMP packet both say; PDF/A wants them
// to agree (ISO 19005-3, 6.6.3).
type metadata struct {
	title, author string
	language      Language
	created       time.Time // UTC, whole seconds
}

// program names us as the producer of the file.
const program = "Guichet"

// xmp writes the packet (ISO 16684-1), which also claims PDF/A-3a and PDF/UA-1 (ISO
// 14289-1, 5). PDF/A knows the second claim only with a description of its schema (ISO
// 19005-3, 6.6.2.3.3).
func (m metadata) xmp() []byte {
	const packet = `<?xpacket begin="` + "\uFEFF" + `" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfaid:part>3</pdfaid:part>
<pdfaid:conformance>A</pdfaid:conformance>
<pdfuaid:part>1</pdfuaid:part>
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<xmp:CreatorTool>{program}</xmp:CreatorTool>
<xmp:CreateDate>{created}</xmp:CreateDate>
<xmp:ModifyDate>{created}</xmp:ModifyDate>
<xmp:MetadataDate>{created}</xmp:MetadataDate>
<pdf:Producer>{program}</pdf:Producer>
</rdf:Description>
<rdf:Description rdf:about=""
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 to which the file conforms</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>`
	return []byte(strings.NewReplacer(
		"{title}", escapeXML(m.title),
		"{author}", escapeXML(m.author),
		"{language}", string(m.language),
		"{program}", program,
		"{created}", m.created.Format("2006-01-02T15:04:05+00:00"),
	).Replace(packet))
}

func escapeXML(s string) string {
	var b strings.Builder
	// A strings.Builder does not fail.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// add writes the Info dictionary and the packet and returns their numbers.
func (m metadata) add(o *objects) (info, packet int) {
	date := m.created.Format("(D:20060102150405+00'00')")
	info = o.addf("<</Title %s/Author %s/Creator(%s)/Producer(%s)/CreationDate%s/ModDate%s>>",
		textString(m.title), textString(m.author), program, program, date, date)
	// Not compressed, so that programs that know no PDF can read it.
	return info, o.add(stream("/Type/Metadata/Subtype/XML", m.xmp()))
}
