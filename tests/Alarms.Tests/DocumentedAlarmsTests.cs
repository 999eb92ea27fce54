using System.Runtime.CompilerServices;
using System.Text.Json;

namespace CoKe.Alarms.Tests;

/// <summary>docs/alarms.md names every kind of alarm as it is written.</summary>
public class DocumentedAlarmsTests
{
    [Fact]
    public void Docs_NameEveryKind()
    {
        var docs = File.ReadAllText(Path.Combine(Folder(), "../../docs/alarms.md"));
        Assert.All(Enum.GetValues<AlarmKind>(), kind => Assert.Contains($"| `{JsonSerializer.Serialize(kind).Trim('"')}` |", docs));
    }

    static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
