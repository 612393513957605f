<?php
// People with FAS's attributes. "context" is the AuthnContextClassRef of their key.
$person = function ($level, $number = '85073003328') {
    return [
        'uid' => ['alice'],
        'egovNRN' => [$number],
        'givenName' => ['Alice Marie'],
        'surname' => ['Peeters'],
        'mail' => ['alice@example.org'],
        'PrefLanguage' => ['fr'],
        'context' => ['urn:be:fedict:iam:fas:citizen:Level' . $level],
    ];
};
$config = [
    'people' => [
        'exampleauth:UserPass',
        'alice:secret' => $person(500),
        'phone:secret' => $person(350),
        'broken:secret' => $person(500, '85073003329'),
        'denied:secret' => $person(500),
    ],
];
$config['people']['denied:secret']['context'] = ['denied'];
