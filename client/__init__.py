"""A typed client of the four services, generated from their OpenAPI documents.

    from client.referrals import IndicationBody, Referrals

    async with httpx.AsyncClient() as http:
        referrals = Referrals("https://api.region.example/referrals/v1", token, http)
        answer = await referrals.record_indication("0794", 17, IndicationBody(...))
        print(answer.content.version)

A module per service: its class has a method per operation, and its bodies stand beside it. What a service refuses is
raised as `client.api.ProblemError`. `make client` writes the four modules anew.
"""
