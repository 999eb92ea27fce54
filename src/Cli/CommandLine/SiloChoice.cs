using CoKe.Abstractions.Storage;
using CoKe.Access;
using CoKe.Client;
using CoKe.Connections;
using CoKe.Errors;
using CoKe.Settings;
using CoKe.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CoKe.Cli.CommandLine;

/// <summary>Which silo the command line asks for.</summary>
/// <param name="Given">Of --gateway, --token-file and the like, by name.</param>
/// <param name="Embedded">--embedded.</param>
/// <param name="Data">--data: the database file or its folder.</param>
/// <param name="Memory">--memory.</param>
sealed record SiloChoice(IReadOnlyDictionary<string, string> Given, bool Embedded, string? Data, bool Memory)
{
    // A person is told at once that there is no silo; trainers wait for one.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    /// <summary>True when no silo is named: a command that can do without one does.</summary>
    public bool IsNone => Given.Count == 0 && !Embedded && Data is null && !Memory;

    /// <summary>Refuses options that contradict each other.</summary>
    /// <exception cref="InvalidOptionsException">Two of them name different silos or storages.</exception>
    public void Validate()
    {
        if (Data is not null && Memory)
            throw new InvalidOptionsException(
                "memory",
                Data,
                $"--data {Data} names a database and --memory keeps none: give only one of them."
            );
        if (Data is not null && string.IsNullOrWhiteSpace(Data))
            throw new InvalidOptionsException("data", Data, "--data has no name: give a database file, or a folder for it.");
        if (Given.Count == 0)
            return;
        var (name, value) = Given.TryGetValue(GatewaySettings.Gateway.Name, out var gateway)
            ? (GatewaySettings.Gateway.Name, gateway)
            : (Given.First().Key, Given.First().Value);
        var (field, option) =
            Embedded ? ("embedded", "--embedded")
            : Data is not null ? ("data", $"--data {Data}")
            : Memory ? ("memory", "--memory")
            : ("", "");
        if (option.Length > 0)
            throw new InvalidOptionsException(
                field,
                value,
                $"{option} starts a silo of its own and --{name} {value} is for a running one: give only one of them."
            );
    }

    /// <summary>Connects to gateways, or starts a silo.</summary>
    /// <param name="need">What the command needs.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOptionsException">A gateway cannot be understood, or options contradict each other.</exception>
    /// <exception cref="SiloUnreachableException">No silo answers.</exception>
    /// <exception cref="AccessRefusedException">Token or TLS do not fit.</exception>
    /// <exception cref="StorageRefusedException">The database cannot be used.</exception>
    public Task<Connection> OpenAsync(SiloNeed need, CancellationToken cancellation)
    {
        Validate();
        return IsEmbedded(need)
            ? Connection.EmbedAsync(Storage(need), silo => Quiet(silo, need), cancellation)
            : Connection.ConnectAsync(
                GatewaySettings.Read(Given, Environment.GetEnvironmentVariable) with
                {
                    KnockFor = Patience,
                },
                cancellation
            );
    }

    // Who only asks is told of a run's trouble in the answer.
    static void Quiet(ISiloBuilder silo, SiloNeed need)
    {
        if (need == SiloNeed.ExistingRuns)
            silo.Services.Configure<LoggerFilterOptions>(log => log.AddFilter("CoKe", LogLevel.None));
    }

    /// <summary>True when the silo is to run inside this process.</summary>
    public bool IsEmbedded(SiloNeed need) => Embedded || Data is not null || Memory || (Given.Count == 0 && need != SiloNeed.ExistingRuns);

    /// <summary>The database of a silo inside this process; null: memory.</summary>
    /// <exception cref="StorageRefusedException">The runs of a database are asked for that is not there.</exception>
    public SqliteOptions? Storage(SiloNeed need)
    {
        if (Memory || (need == SiloNeed.Scratch && Data is null))
            return null;
        var path = Data is null ? CokeStorage.DefaultPath : CokeStorage.FileAt(Data);
        if (need == SiloNeed.ExistingRuns && !File.Exists(path))
        {
            throw new StorageRefusedException(
                "data",
                path,
                $"There is no database at {path}: name the one that a silo or 'coke cluster' made with --data, "
                    + "or a running silo with --gateway."
            );
        }

        return new SqliteOptions { Path = path };
    }
}
