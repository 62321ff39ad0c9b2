"""All attacks, after the threat catalogue L1 to L22. Each stages itself at a random place and answers its truth, or None when the
place does not fit. STAGED ones come before sequence numbers are given; those on the WIRE afterwards, on the finished stream: they
are what somebody does on the way."""
import attack_action
import attack_sender
import attack_value

STAGED = attack_sender.STAGED + attack_action.STAGED + attack_value.STAGED
WIRE = attack_sender.WIRE
PROTOCOL = {"L1", "L3", "L4", "L8", "L9", "L11"}


def class_of(name):
    return name.split("_")[0].upper()
