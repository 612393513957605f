package example.guichet;

import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.pades.validation.PDFDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.File;
import java.util.Arrays;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Prints what EU DSS and veraPDF say of signed files, one line each, tab-separated:
 * "dss FILE FIELD LEVEL INDICATION SUBINDICATION" and "verapdf FILE FLAVOUR PASSED RULES".
 * Nothing is fetched: evidence is in the files.
 */
public final class Judge {
  public static void main(String[] args) throws Exception {
    if (args.length < 2) {
      System.err.println("usage: Judge TRUST_FOLDER FILE...");
      System.exit(2);
    }
    CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
    for (File f : sorted(new File(args[0]))) {
      CertificateToken root = DSSUtils.loadCertificate(f);
      if (root.isSelfSigned()) { // the others there have to be proved
        trusted.addCertificate(root);
      }
    }
    VeraGreenfieldFoundryProvider.initialise();
    for (String name : Arrays.copyOfRange(args, 1, args.length)) {
      dss(trusted, new File(name));
      verapdf(new File(name), PDFAFlavour.PDFA_3_A);
      verapdf(new File(name), PDFAFlavour.PDFUA_1);
    }
  }

  private static File[] sorted(File folder) {
    File[] files = folder.listFiles();
    Arrays.sort(files);
    return files;
  }

  private static void dss(CommonTrustedCertificateSource trusted, File file) {
    CommonCertificateVerifier verifier = new CommonCertificateVerifier();
    verifier.setTrustedCertSources(trusted);
    PDFDocumentValidator validator = new PDFDocumentValidator(new FileDocument(file));
    validator.setCertificateVerifier(verifier);
    Reports reports = validator.validateDocument();
    SimpleReport report = reports.getSimpleReport();
    DiagnosticData data = reports.getDiagnosticData();
    for (String id : report.getSignatureIdList()) {
      SignatureWrapper s = data.getSignatureById(id);
      System.out.printf("dss\t%s\t%s\t%s\t%s\t%s%n", file.getName(), s.getFirstFieldName(), report.getSignatureFormat(id),
          report.getIndication(id), report.getSubIndication(id) == null ? "" : report.getSubIndication(id));
      if (System.getenv("VERBOSE") != null) {
        System.out.println(report.getAdESValidationErrors(id) + " " + report.getAdESValidationWarnings(id));
      }
    }
  }

  private static void verapdf(File file, PDFAFlavour flavour) throws Exception {
    try (PDFAParser parser = Foundries.defaultInstance().createParser(file, flavour);
        PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
      ValidationResult result = validator.validate(parser);
      StringBuilder rules = new StringBuilder();
      for (TestAssertion a : result.getTestAssertions()) {
        if (a.getStatus() == TestAssertion.Status.FAILED) {
          rules.append(a.getRuleId().getClause()).append('-').append(a.getRuleId().getTestNumber()).append(' ');
        }
      }
      System.out.printf("verapdf\t%s\t%s\t%s\t%s%n", file.getName(), flavour.getId(), result.isCompliant(), rules.toString().trim());
    }
  }

  private Judge() {}
}
