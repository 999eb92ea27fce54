using CoKe.Abstractions.Serialization;
using CoKe.Abstractions.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Serialization;

namespace CoKe.Storage.Tests;

/// <summary>What a storage says must reach whoever asked another silo, with the sentence that says what to do.</summary>
public sealed class ErrorTravelTests
{
    public static TheoryData<Exception> Causes =>
        [
            new PostgresException("could not extend file: No space left on device", "ERROR", "ERROR", "53100"),
            new NpgsqlException("cut", new IOException()),
            new SqliteException("full", 13),
        ];

    [Theory]
    [MemberData(nameof(Causes))]
    public void StorageFailed_WithItsCause_CrossesProcesses(Exception cause)
    {
        using var services = new ServiceCollection().AddSerializer().AddCokeExceptions().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        var failed = new StorageFailedException("place", "It is full: free space.", cause);
        var travelled = serializer.Deserialize<Exception>(serializer.SerializeToArray<Exception>(failed));
        Assert.Equal(failed.Message, Assert.IsType<StorageFailedException>(travelled).Message);
        Assert.Equal(failed.Message, StorageTrouble.Describe(travelled));
    }
}
