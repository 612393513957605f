// write.mjs WHAT OUT writes one of the files of make.sh.
import { createWriteStream, writeFileSync } from "node:fs";

const [what, out] = process.argv.slice(2);
const text = "I declare that what is written here is true.";

if (what === "pdf-lib") {
	const { PDFDocument } = await import("pdf-lib");
	const doc = await PDFDocument.create();
	doc.setTitle("Attestation");
	doc.addPage().drawText(text, { x: 60, y: 700, size: 12 });
	writeFileSync(out, await doc.save());
} else {
	const { default: PDFDocument } = await import("pdfkit");
	const doc = new PDFDocument({ info: { Title: "Attestation" } });
	doc.pipe(createWriteStream(out));
	doc.font("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf").text(text + " Ζωή");
	doc.end();
}
