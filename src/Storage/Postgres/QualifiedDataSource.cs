using System.Data.Common;
using Npgsql;

namespace CoKe.Storage.Postgres;

/// <summary>
/// The connections of Orleans' providers, whose only statement that is not ours names its table without a schema. It is given the schema
/// here, so that nothing depends on a search path: a pooler refuses it as a parameter of a connection, and does not keep it between
/// transactions.
/// </summary>
/// <param name="connections">The connections to hand out; asked every time, because what is behind them is known only once the silo
/// starts.</param>
sealed class QualifiedDataSource(Func<NpgsqlDataSource> connections) : DbDataSource
{
    public override string ConnectionString => connections().ConnectionString;

    // Orleans looks at its type and throws it away.
    protected override DbConnection CreateDbConnection() => connections().CreateConnection();

    protected override DbConnection OpenDbConnection() => new QualifiedConnection(connections().OpenConnection());

    protected override async ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default) =>
        new QualifiedConnection(await connections().OpenConnectionAsync(cancellationToken).ConfigureAwait(false));
}
