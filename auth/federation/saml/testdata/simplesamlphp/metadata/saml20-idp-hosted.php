<?php
$metadata[getenv('INTEROP_BASE') . '/saml2/idp/metadata.php'] = [
    'host' => '__DEFAULT__',
    'privatekey' => getenv('INTEROP_WORK') . '/idp.key',
    'certificate' => getenv('INTEROP_WORK') . '/idp.crt',
    'auth' => 'people',
    'validate.authnrequest' => true,
    'validate.logout' => true,
    'redirect.sign' => true,
    'sign.logout' => true,
    'saml20.sign.response' => getenv('INTEROP_SIGN_RESPONSE') === '1',
    'saml20.sign.assertion' => true,
    'assertion.encryption' => getenv('INTEROP_ENCRYPT') === '1',
    'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
    'authproc' => [
        50 => [
            'class' => 'core:PHP',
            'code' => '
                $context = $attributes["context"][0];
                unset($attributes["context"]);
                if ($context === "denied") {
                    \SimpleSAML\Auth\State::throwException($state, new \SimpleSAML\Module\saml\Error(
                        \SAML2\Constants::STATUS_RESPONDER, \SAML2\Constants::STATUS_REQUEST_DENIED));
                }
                $state["saml:AuthnContextClassRef"] = $context;
            ',
        ],
    ],
];
