# Roles in the timeline
role-resident = Sender
role-operator = Operations centre
role-officer = Agency officer
role-field-worker = Field worker
role-supervisor = Supervisor
role-administrator = Administrator
role-auditor = Auditor
role-api-client = Connected system
role-system = System

# Told to the sender at once
notice-emergency = If there is danger right now, call 113 (police), 114 (fire and rescue) or 115 (ambulance). Your report is recorded all the same.
notice-complaint = This reads like a complaint against a decision. The Citizen Reception Board settles those; the operations centre will look at it and guide you.
notice-denunciation = This reads like a denunciation. The report is not public; the law protects who denounces, and the Citizen Reception Board takes it.
notice-approximate = Ward boundaries here are approximate.

route-imported = Taken over from an earlier system with the agency that handled it.

# Reason codes
reason-not_our_function = Not a duty of this agency
reason-not_our_area = Not in the territory of this agency
reason-needs_other_agency = Another agency must lead
reason-unclear = The information is not clear
reason-outside_province = Outside the province
reason-no_location = The place cannot be found
reason-already_handled = Handled already, or being handled
reason-false_information = False information
reason-insult = Insulting words
reason-advertisement = Advertising
reason-state_secret = A state secret
reason-not_a_report = Not a field report
reason-police_113 = Police, 113
reason-fire_114 = Fire and rescue, 114
reason-ambulance_115 = Ambulance, 115
reason-citizen_reception = Citizen Reception Board
reason-one_stop = One-stop service desk
reason-other_agency = Another authority
