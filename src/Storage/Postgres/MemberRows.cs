using Npgsql;

namespace CoKe.Storage.Postgres;

/// <summary>The rows of the cluster's members, where clocks that were set back would make them contradict each other.</summary>
static class MemberRows
{
    /// <summary>
    /// Takes out of the table the silos that had this one's address and port and say that they started later; and has silos that were seen
    /// in the future seen now.
    /// </summary>
    /// <remarks>
    /// Orleans numbers the silos of one address and port by the clock, and the greatest number lives: after the clock was set back, a dead
    /// silo would keep its successor out until the clock has caught up. Who calls holds the port, so whoever had it before is dead, and for
    /// the others a silo that is in the table no more is. To mark it as dead is not enough: its number counts all the same. A dead silo of
    /// another port that was seen in the future would count as alive as long. A living one says anew within seconds that it is.
    /// </remarks>
    /// <param name="connection">An open connection.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="silo">This silo, with its number.</param>
    /// <param name="now">This machine's time, UTC.</param>
    /// <param name="cancellation">Gives up; nothing is changed.</param>
    /// <returns>How many rows were changed.</returns>
    public static async Task<int> ForgetLaterAsync(
        NpgsqlConnection connection,
        string cluster,
        SiloAddress silo,
        DateTime now,
        CancellationToken cancellation
    )
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // The version row is the lock of every change of membership; it is raised only if anything is.
        await ExecuteAsync("SELECT FROM coke.membership WHERE cluster = @cluster FOR UPDATE");
        var changed = await ExecuteAsync(
            "DELETE FROM coke.member WHERE cluster = @cluster AND address = @address AND port = @port AND generation > @generation"
        );
        changed += await ExecuteAsync(
            "UPDATE coke.member SET alive = least(alive, @now), started = least(started, "
                + "@now) WHERE cluster = @cluster AND greatest(alive, started) > @later"
        );
        if (changed > 0)
            await ExecuteAsync("UPDATE coke.membership SET version = version + 1 WHERE cluster = @cluster");
        await transaction.CommitAsync(cancellation);
        return changed;

        async Task<int> ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            command.Parameters.AddWithValue("cluster", cluster);
            command.Parameters.AddWithValue("address", silo.Endpoint.Address.ToString());
            command.Parameters.AddWithValue("port", silo.Endpoint.Port);
            command.Parameters.AddWithValue("generation", silo.Generation);
            command.Parameters.AddWithValue("now", now);
            command.Parameters.AddWithValue("later", now + DatabaseTimes.ClockTolerance);
            return await command.ExecuteNonQueryAsync(cancellation);
        }
    }
}
