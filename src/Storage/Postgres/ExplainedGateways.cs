using Orleans.Messaging;
using Orleans.Runtime.Membership;

namespace CoKe.Storage.Postgres;

/// <summary>Orleans' list of gateways from the membership table, which says what the database's errors mean.</summary>
sealed class ExplainedGateways(AdoNetGatewayListProvider gateways, PostgresDatabase database) : IGatewayListProvider
{
    public TimeSpan MaxStaleness => gateways.MaxStaleness;

    public bool IsUpdatable => gateways.IsUpdatable;

    public async Task InitializeGatewayListProvider()
    {
        try
        {
            await gateways.InitializeGatewayListProvider();
        }
        catch (Exception exception) when (database.Explain(exception) is { } explained)
        {
            throw explained;
        }
    }

    public async Task<IList<Uri>> GetGateways()
    {
        try
        {
            return await gateways.GetGateways();
        }
        catch (Exception exception) when (database.Explain(exception) is { } explained)
        {
            throw explained;
        }
    }
}
