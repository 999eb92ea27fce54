using Orleans.Runtime.Services;

namespace CoKe.Storage.Postgres;

/// <summary>The other silos, as one that has lost the database asks them.</summary>
sealed class DatabaseWitnesses(IServiceProvider services, ILocalSiloDetails self, IClusterMembershipService membership) : GrainServiceClient<IDatabaseWitness>(services)
{
    // The witness asks its database for 2 s.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Asks all at once to take over.</summary>
    /// <param name="time">Measures how long an answer may take.</param>
    /// <returns>One that has the database, and now this silo's runs; null: none answered so.</returns>
    public async Task<SiloAddress?> FindAsync(TimeProvider time)
    {
        var others = membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(self.SiloAddress));
        var asked = others.Select(async member => await AnswersAsync(member.SiloAddress, time) ? member.SiloAddress : null).ToList();
        while (asked.Count > 0)
        {
            var answered = await Task.WhenAny(asked);
            if (await answered is { } silo) return silo;
            asked.Remove(answered);
        }

        return null;
    }

    async Task<bool> AnswersAsync(SiloAddress silo, TimeProvider time)
    {
        try
        {
            return await GetGrainService(silo).TakeOverAsync(self.SiloAddress).WaitAsync(Patience, time);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            return false; // whoever does not answer has nothing to take over with
        }
    }
}
