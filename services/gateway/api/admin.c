/* SPDX-License-Identifier: Apache-2.0 */
#include "admin.h"
#include "history.h"
#include "people.h"
#include "system.h"

enum far_err admin_begin(struct api *api, const struct prompts_config *prompts, const char *instance)
{
    enum far_err err = system_watch_create(api, instance, &api->system);
    if (err == FAR_OK) err = history_create(api, &api->history);
    if (err == FAR_OK)
        err = far_pg_methods_serve(api->bus, api->pg, people_admin_methods, people_admin_methods_len, NULL,
                                   &api->people_methods);
    if (err == FAR_OK) err = prompts_create(api, prompts, &api->prompts);
    return err;
}

void admin_stop(struct api *api)
{
    api->prompts = prompts_destroy(api->prompts);
    api->system = system_watch_destroy(api->system);
    history_stop(api->history);
    api->people_methods = far_pg_methods_destroy(api->people_methods);
}

void admin_end(struct api *api)
{
    api->history = history_destroy(api->history);
}
