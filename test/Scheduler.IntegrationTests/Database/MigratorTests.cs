using Dapper;
using Npgsql;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Database;

[TestFixture]
public sealed class MigratorTests
{
    [Test]
    public async Task Twenty_nodes_migrate_an_empty_database_at_once_and_each_migration_is_applied_once()
    {
        await using var database = await TestDatabase.Create(migrated: false);

        var applied = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Migrator.Migrate(database.ConnectionString, default)));

        Assert.That(applied.Count(a => a.Count > 0), Is.EqualTo(1));
        Assert.That((await Migrator.Check(database.ConnectionString, default)).Pending, Is.Empty);
    }

    [Test]
    public async Task A_newer_breaking_schema_refuses_this_binary_and_changes_nothing()
    {
        await using var database = await TestDatabase.Create();
        await Execute(database, "insert into scheduler_private.migration (number, file, hash, breaking)"
            + " values (9999, 'migrations/9999_future.sql', '', true)");

        var refusal = await Assert.ThrowsAsync<OperatorException>(() => Migrator.Migrate(database.ConnectionString, default));

        Assert.That(refusal!.Message, Does.Contain("9999_future.sql").And.Contain("run a newer scheduler"));
    }

    [Test]
    public async Task A_newer_schema_that_is_not_breaking_keeps_its_functions()
    {
        await using var database = await TestDatabase.Create();
        await Execute(database, """
            insert into scheduler_private.migration (number, file, hash, breaking) values (9999, 'migrations/9999_future.sql', '', false);
            update scheduler_private.schema_object set hash = 'newer' where name = 'functions/scheduler.run_now.sql';
            """);

        Assert.That(await Migrator.Migrate(database.ConnectionString, default), Is.Empty);
    }

    [Test]
    public async Task A_view_whose_text_changed_is_applied_again()
    {
        await using var database = await TestDatabase.Create();
        await Execute(database, "update scheduler_private.schema_object set hash = 'older' where name = 'views/scheduler.running.sql'");

        Assert.That(await Migrator.Migrate(database.ConnectionString, default),
            Is.EquivalentTo(new[] { "views/scheduler.running.sql", "roles.sql" }));
    }

    [Test]
    public async Task A_user_without_rights_is_told_what_is_missing()
    {
        await using var database = await TestDatabase.Create(migrated: false);
        await Execute(database, "do $$ begin if not exists (select from pg_roles where rolname = 'nobody_much')"
            + " then create role nobody_much login; end if; end $$");
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = "nobody_much" };

        var refusal = await Assert.ThrowsAsync<OperatorException>(() => Migrator.Migrate(settings.ConnectionString, default));

        Assert.That(refusal!.Message, Does.Contain("'nobody_much'").And.Contain("may not change the schema"));
    }

    private static async Task Execute(TestDatabase database, string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.ExecuteAsync(sql);
    }
}
