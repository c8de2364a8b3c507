\Q/a.b{\E(?i:c|\x64)*?\pL
/a.b{CdÉ