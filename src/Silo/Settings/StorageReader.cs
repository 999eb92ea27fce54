using System.Globalization;
using CoKe.Abstractions.Storage;
using CoKe.Errors;
using CoKe.Settings;
using CoKe.Storage;

namespace CoKe.Silo.Settings;

/// <summary>Which storage is asked for, and that nothing is given that another one would need.</summary>
sealed class StorageReader(SettingSources sources)
{
    const string Sqlite = "sqlite",
        Postgres = "postgres",
        Memory = "memory";

    /// <exception cref="InvalidOptionsException">An option is malformed, or belongs to another storage.</exception>
    public StorageSettings Read()
    {
        var (kind, chosen) = Kind();

        // An option of lower rank than the choice belongs to what the choice replaced, and rests.
        var said = chosen ?? new Setting(SiloOptions.Storage, kind, Source.Default);
        Only(kind, said, Postgres, SiloOptions.Connection, SiloOptions.ConnectionFile);
        Only(kind, said, Sqlite, SiloOptions.Data, SiloOptions.DataLimit);
        // Silos that share no memory cannot share a file either, and find each other in PostgreSQL unasked.
        Only(kind, said, Memory, SiloOptions.PrimaryPort);
        return kind switch
        {
            Memory => new StorageSettings.Memory(),
            Postgres => new StorageSettings.Postgres(Database(said)),
            _ => new StorageSettings.Sqlite(File()),
        };
    }

    (string Kind, Setting? Chosen) Kind()
    {
        var storage = sources.Find(SiloOptions.Storage);
        var memory = sources.Find(SiloOptions.Memory);
        var isMemory =
            memory is not null
            && (bool.TryParse(memory.Text, out var value) ? value : throw memory.Refuse($"is {memory.Text}: give true or false."));
        if (storage is not null && !new[] { Sqlite, Postgres, Memory }.Contains(storage.Text.ToLowerInvariant()))
            throw storage.Refuse("is no storage: give sqlite, postgres or memory.");
        var kind = storage?.Text.ToLowerInvariant() ?? Sqlite;
        if (!isMemory || memory!.Source < storage?.Source)
            return (kind, storage);
        if (storage?.Source == memory.Source && kind != Memory)
            throw storage.Refuse($"and {memory.Name} name two storages: give only one of them.");
        return (Memory, memory);
    }

    void Only(string kind, Setting chosen, string owner, params SettingOption[] options)
    {
        if (kind == owner)
            return;
        foreach (var option in options)
        {
            if (sources.Find(option) is not { } setting || setting.Source < chosen.Source)
                continue;
            throw setting.Refuse(
                chosen.Source == Source.Default
                    ? $"needs {SiloOptions.Storage.Switch} {owner}."
                    : $"needs {SiloOptions.Storage.Switch} {owner}, but {chosen} is given: leave out one of them."
            );
        }
    }

    string Database(Setting said)
    {
        if (sources.Secret(SiloOptions.Connection, SiloOptions.ConnectionFile) is not var (text, setting))
            throw said.Refuse("needs a database: give --connection-file or --connection.");
        setting.Check(new PostgresOptions { ConnectionString = text }.Validate);
        return text;
    }

    SqliteOptions File()
    {
        var data = sources.Text(SiloOptions.Data);
        var file = new SqliteOptions
        {
            Path = data is null ? CokeStorage.DefaultPath : CokeStorage.FileAt(data),
            MaxBytes = (long?)(Limit() * 1e6),
        };
        sources.Find(SiloOptions.DataLimit)?.Check(file.Validate);
        return file;
    }

    double? Limit()
    {
        if (sources.Find(SiloOptions.DataLimit) is not { } limit)
            return null;
        return
            double.TryParse(
                limit.Text,
                NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out var megabytes
            ) && double.IsFinite(megabytes)
            ? megabytes
            : throw limit.Refuse("is no number of MB.");
    }
}
