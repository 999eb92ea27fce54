using Orleans.Runtime.Services;

namespace CoKe.Storage.Postgres;

/// <summary>The other silos, as one that has lost the database asks them.</summary>
sealed class DatabaseWitnesses(IServiceProvider services, ILocalSiloDetails self, IClusterMembershipService membership)
    : GrainServiceClient<IDatabaseWitness>(services)
{
    /// <summary>Asks all at once to take over.</summary>
    /// <param name="time">Measures how long an answer may take.</param>
    public async Task<Testimony> AskAsync(TimeProvider time)
    {
        var others = membership.CurrentSnapshot.Members.Values.Where(member =>
            member.Status == SiloStatus.Active && !member.SiloAddress.Equals(self.SiloAddress)
        );
        var asked = others.Select(async member => (member.SiloAddress, HasIt: await AnswerAsync(member.SiloAddress, time))).ToList();
        var isCutOff = asked.Count > 0;
        while (asked.Count > 0)
        {
            var answered = await Task.WhenAny(asked);
            asked.Remove(answered);
            var (silo, hasIt) = await answered;
            if (hasIt is true)
                return new Testimony(silo, IsCutOff: false);
            isCutOff &= hasIt is null;
        }

        return new Testimony(null, isCutOff);
    }

    // Null: no answer.
    async Task<bool?> AnswerAsync(SiloAddress silo, TimeProvider time)
    {
        try
        {
            return await GetGrainService(silo).TakeOverAsync(self.SiloAddress).WaitAsync(DatabaseTimes.Witness, time);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            return null;
        }
        catch (Exception)
        {
            return false; // it is there, and something is wrong with it
        }
    }
}

/// <summary>What the other silos say to one that has lost the database.</summary>
/// <param name="Successor">One that has the database, and now this silo's runs; null: none answered so.</param>
/// <param name="IsCutOff">There are others, as far as is known, and none answers.</param>
readonly record struct Testimony(SiloAddress? Successor, bool IsCutOff);
