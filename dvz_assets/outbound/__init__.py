"""What has to happen before a delivery leaves, and afterwards: holds, release, transmission, acknowledgement.

It stands on the home alone, below the flow: a month asks who is withheld, and in which state its deliveries are. How a
delivery is made is ``flow.delivery``'s. Legal source: rules.md, section 9; contract, section 5.3.
"""
