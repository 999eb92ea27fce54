using CoKe.Abstractions.Storage;
using CoKe.Storage.Tests;

// A process that writes rows for ever and says what was acknowledged: "ROW VALUE". Ends by being killed, or refused with 1.
try
{
    await using var silo = await StorageSilo.StartAsync(args[0]);
    Console.WriteLine("ready");
    var rows = Enumerable.Range(0, AcknowledgedRows.Count).Select(_ => new GrainState<Row>(new Row())).ToArray();
    for (var value = 1; ; value++)
    {
        var row = value % rows.Length;
        rows[row].State = AcknowledgedRows.Of(value);
        await silo.WriteAsync($"run/{row}", rows[row]);
        Console.WriteLine($"{row} {value}");
    }
}
catch (StorageRefusedException refused)
{
    Console.Error.WriteLine(refused.Message);
    return 1;
}
